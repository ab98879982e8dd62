import { describe, expect, it } from 'vitest';
import { callRows, hotPath, toggled } from './call_rows';
import { nodeKey } from './path_hash';
import { search } from './search';
import { parseSort, PROFILE_COLUMNS } from './table';
import { folded } from './testing';
import { nodeName } from './tree';

const test = folded('run;handle;foo 60\nrun;handle;bar 25\nrun;log;write 10\nrun 5');
const { tree, functions } = test;
const keys = (...paths: readonly string[]): Set<string> =>
  new Set(paths.map((path) => nodeKey(tree, functions, test.find(path))));

function rows(open: ReadonlySet<string>, sort = '-total', text = '', root = 0): string[] {
  const order = parseSort(sort, PROFILE_COLUMNS, { column: 'total', descending: true });
  const listed = callRows(test, root, open, search(text, functions, tree), order);
  return [...listed].map((row) => `${' '.repeat(tree.depth[row] ?? 0)}${nodeName(tree, functions, row)}`);
}

describe('the call tree', () => {
  it('shows what is below open nodes, largest first', () => {
    expect(rows(new Set())).toEqual(['total', ' run']);
    expect(rows(keys('run', 'run;handle'))).toEqual([
      'total',
      ' run',
      '  handle',
      '   foo',
      '   bar',
      '  log',
    ]);
    // An open node below a closed one waits until that is opened.
    expect(rows(keys('run;handle'))).toEqual(['total', ' run']);
  });

  it('is sorted by any column within its callers', () => {
    const open = keys('run', 'run;handle');
    expect(rows(open, 'function')).toEqual(['total', ' run', '  handle', '   bar', '   foo', '  log']);
    expect(rows(open, 'total')).toEqual(['total', ' run', '  log', '  handle', '   bar', '   foo']);
  });

  it('begins at any node', () => {
    expect(rows(new Set(), '-total', '', test.find('run;handle'))).toEqual(['  handle', '   foo', '   bar']);
  });

  it('shows the ways to what is searched, and all below it', () => {
    const open = keys('run', 'run;handle', 'run;log');
    expect(rows(open, '-total', 'bar')).toEqual(['total', ' run', '  handle', '   bar']);
    expect(rows(open, '-total', 'log')).toEqual(['total', ' run', '  log', '   write']);
  });

  it('has a row for what the server left out', () => {
    const hiddenCount = new Float64Array(tree.depth.length);
    hiddenCount[test.find('run;handle')] = 7;
    const cut = { ...test, tree: { ...tree, hiddenCount } };
    const order = { column: 'total', descending: true } as const;
    const listed = callRows(cut, test.find('run;handle'), new Set(), null, order);
    expect(listed[listed.length - 1]).toBe(~test.find('run;handle'));
  });

  it('is opened along the way of most of the value', () => {
    expect(hotPath(test, 0)).toEqual([...keys('run', 'run;handle')]);
    expect(hotPath(test, test.find('run;log'))).toEqual([]);
  });

  it('opens and closes', () => {
    expect(toggled(new Set(['a', 'b']), 'a')).toEqual(['b']);
    expect(toggled(new Set(['a']), 'b')).toEqual(['a', 'b']);
  });

  it('adds up: a node is its self value and its children', () => {
    const total = test.values.total.near;
    for (let node = 0; node < tree.depth.length; node++) {
      const one = callRows(test, node, new Set(), null, { column: 'total', descending: true });
      const below = [...one].slice(1).reduce((sum, child) => sum + (total[child] ?? 0), 0);
      expect(below + (test.values.self.near[node] ?? 0)).toBe(total[node]);
    }
  });
});
