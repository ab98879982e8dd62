/** One source file, line by line, with what each line took. */
import { parseSide, type Side } from './answers';
import { WholeColumn } from './columns';
import { indexColumn, record, sameLength, text, wholeColumn } from './decode';
import type { SortOrder } from './table';

export interface Source {
  readonly side: Side;
  /** Lines of the text; null where there is none, and then why. */
  readonly text: readonly string[] | null;
  readonly noText: string;
  /** Lines that took something, ascending; 0: frames that say no line. */
  readonly line: Int32Array;
  readonly self: WholeColumn;
  readonly total: WholeColumn;
}

export function parseSource(value: unknown): Source {
  const answer = record(value, 'source');
  const source: Source = {
    side: parseSide(answer['side'], 'side'),
    text: answer['text'] === null ? null : linesOf(text(answer['text'], 'text')),
    noText: answer['no_text'] === null ? '' : text(answer['no_text'], 'no_text'),
    line: indexColumn(answer['line'], 'line'),
    self: wholeColumn(answer['self'], 'self'),
    total: wholeColumn(answer['total'], 'total'),
  };
  sameLength('source', source.line, source.self, source.total);
  return source;
}

function linesOf(whole: string): readonly string[] {
  const lines = whole.split(/\r\n|\n|\r/);
  // The last line ends as the others do.
  return lines[lines.length - 1] === '' ? lines.slice(0, -1) : lines;
}

/** A file and a line of it as one text: "app.py:10", or without a line "app.py". */
export function parsePlace(place: string): { readonly file: string; readonly line: number } {
  const parts = /^(.+):(\d{1,9})$/s.exec(place);
  return parts === null ? { file: place, line: 0 } : { file: parts[1] ?? '', line: Number(parts[2]) };
}

export const SOURCE_COLUMNS = ['line', 'self', 'total', 'code'] as const;
export type SourceColumn = (typeof SOURCE_COLUMNS)[number];

/** All lines that can be shown, as columns; rows are positions in them. */
export interface SourceLines {
  readonly line: Int32Array;
  /** Where its values are in the source's columns; -1: it took nothing. */
  readonly value: Int32Array;
}

/** The lines of the text, and those that took something though the text has none such: it is of another version. */
export function sourceLines(source: Source): SourceLines {
  const valueOf = new Map([...source.line].map((line, at) => [line, at]));
  const length = source.text?.length ?? 0;
  const written = Array.from({ length }, (_, i) => i + 1);
  const beyond = [...source.line].filter((line) => line < 1 || line > length);
  const line = Int32Array.from([...written, ...beyond].sort((left, right) => left - right));
  return { line, value: line.map((number) => valueOf.get(number) ?? -1) };
}

export function sourceRows(source: Source, lines: SourceLines, order: SortOrder<SourceColumn>): Int32Array {
  const rows = Int32Array.from(lines.line.keys());
  const sign = order.descending ? -1 : 1;
  const column = order.column === 'self' ? source.self : order.column === 'total' ? source.total : null;
  const key = (row: number): number =>
    column === null ? (lines.line[row] ?? 0) : (column.near[lines.value[row] ?? -1] ?? 0);
  return rows.sort((left, right) => sign * (key(left) - key(right)) || left - right);
}
