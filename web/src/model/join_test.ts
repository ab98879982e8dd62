import { describe, expect, it } from 'vitest';
import { parseComparison } from './answers';
import { measureOf } from './cores';
import { scaleOf } from './diff';
import { describeJoin, joinOf, likenessOf, partnersOf, sideOf } from './join';
import { CPU } from './url_state';

const RANGE = { from_ms: 0, until_ms: 60000, level_s: 10 };
const side = (total: number) => ({ range: RANGE, total, covered_ns: 1000, profiles: 1 });

/** Rows of a table: name, file, module, before, after. */
function compared(rows: readonly (readonly [string, string, string, number, number])[]) {
  const zeros = rows.map(() => 0);
  const comparison = parseComparison({
    type: CPU,
    unit: 'nanoseconds',
    baseline: side(1000),
    comparison: side(1000),
    functions: {
      name: rows.map(([name]) => name),
      file: rows.map(([, file]) => file),
      module: rows.map(([, , module]) => module),
      line: zeros,
      kind: rows.map(([name]) => (name.startsWith('[') ? 'synthetic' : 'python')),
    },
    tree: {
      function: [-1],
      depth: [0],
      self: [[0], [0]],
      total: [[1000], [1000]],
      hidden_count: [0],
      hidden_total: [[0], [0]],
    },
    table: {
      function: rows.map((_, i) => i),
      self: [zeros, zeros],
      total: [rows.map((row) => row[3]), rows.map((row) => row[4])],
    },
    table_left_out: 0,
    headline: { changed: -1, unchanged: -1, sentence: '' },
  });
  return { comparison, scale: scaleOf(comparison, measureOf(CPU)) };
}

describe('joining', () => {
  const { comparison, scale } = compared([
    ['parse_all', 'app.py', 'app', 400, 0],
    ['run', 'app.py', 'app', 500, 500],
    ['far', 'other.py', 'other', 0, 40],
    ['near', 'other.py', 'other', 0, 390],
    ['parse', 'app.py', 'app', 0, 200],
    ['other', 'app.py', 'app', 0, 20],
    ['parse_all', 'parser.py', 'parser', 0, 10],
    ['[truncated]', '', '', 0, 400],
  ]);

  it('is for functions of one side alone', () => {
    expect([0, 1, 2, 7].map((row) => sideOf(comparison, row))).toEqual([0, null, 1, null]);
  });

  it('offers the other side: what kept its name, what kept its file and takes about as much, then others by that', () => {
    expect([...partnersOf(comparison, scale, 0)]).toEqual([6, 4, 3, 2, 5]);
    expect([6, 4, 3].map((row) => likenessOf(comparison, 0, row))).toEqual(['same name', 'same file', '']);
    expect([...partnersOf(comparison, scale, 4)]).toEqual([0]);
    expect([...partnersOf(comparison, scale, 1)]).toEqual([]);
  });

  it('goes from before to after, whichever was chosen first', () => {
    const argument = '{name="parse_all",file="app.py"};{name="parse",file="app.py"}';
    expect(joinOf(comparison, 0, 4)).toEqual({ name: 'join', argument });
    expect(joinOf(comparison, 4, 0)).toEqual({ name: 'join', argument });
  });

  it('tells functions without a file by their module, and any name', () => {
    const odd = compared([
      ['a";b}', '', 'libx.so', 1, 0],
      ['c', '', 'liby.so', 0, 1],
    ]);
    const { argument } = joinOf(odd.comparison, 0, 1);
    expect(argument).toBe(String.raw`{name="a\";b}",file="",module="libx.so"};{name="c",file="",module="liby.so"}`);
    expect(describeJoin(argument)).toBe('a";b} → c');
  });

  it('is told in words', () => {
    expect(describeJoin('old;new')).toBe('old → new');
    expect(describeJoin('{name="f",file="a.py"};{name="f",file="b.py"}')).toBe('f (a.py → b.py)');
    expect(describeJoin('{name="f",file="",module="a"};{name="f",file="b.py"}')).toBe('f (a → b.py)');
    expect(describeJoin('{name=~"x.*"};new')).toBe('{name=~"x.*"} → new');
  });
});
