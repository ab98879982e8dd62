import { describe, expect, it } from 'vitest';
import { parsePlace, parseSource, sourceLines, sourceRows, type Source } from './source';

function sourceOf(text: string | null): Source {
  return parseSource({
    side: { range: { from_ms: 0, until_ms: 10000 }, total: 100, covered_ns: 1e10, profiles: 1 },
    text,
    no_text: text === null ? 'no such file' : null,
    line: [0, 2, 9],
    self: [1, 75, 0],
    total: [1, 75, 100],
  });
}

describe('a source file', () => {
  it('is shown line by line, with what took something though the text has no such line', () => {
    const source = sourceOf('a\r\nb\n\nd\n');
    const lines = sourceLines(source);
    expect(source.text).toEqual(['a', 'b', '', 'd']);
    expect([...lines.line]).toEqual([0, 1, 2, 3, 4, 9]);
    expect([...lines.value]).toEqual([0, -1, 1, -1, -1, 2]);
  });

  it('without a text is the lines that took something', () => {
    const source = sourceOf(null);
    expect(source.noText).toBe('no such file');
    expect([...sourceLines(source).line]).toEqual([0, 2, 9]);
  });

  it('is sorted by line or by value', () => {
    const source = sourceOf('a\nb\n');
    const lines = sourceLines(source);
    const sorted = (column: 'line' | 'self' | 'total', descending: boolean) =>
      [...sourceRows(source, lines, { column, descending })].map((row) => lines.line[row]);
    expect(sorted('line', false)).toEqual([0, 1, 2, 9]);
    expect(sorted('self', true)).toEqual([2, 0, 1, 9]);
    expect(sorted('total', true)).toEqual([9, 2, 0, 1]);
  });
});

describe('a place', () => {
  it('is a file, or a file and a line', () => {
    expect(parsePlace('app.py:10')).toEqual({ file: 'app.py', line: 10 });
    expect(parsePlace('app.py')).toEqual({ file: 'app.py', line: 0 });
    expect(parsePlace('C:\\app.py:7')).toEqual({ file: 'C:\\app.py', line: 7 });
    expect(parsePlace('<frozen importlib>')).toEqual({ file: '<frozen importlib>', line: 0 });
  });
});
