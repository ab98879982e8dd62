/**
 * Functions that were renamed or moved between the two sides of a comparison, and are joined by hand: the operator
 * `join=BEFORE;AFTER`. It names both exactly, by name and file, so that no other function is joined with them.
 */
import type { Comparison } from './answers';
import { changeOfPair, type Scale } from './diff';
import type { Operator } from './operators';
import { formatSelector, parseSelector, type Matcher } from './selector';
import type { Functions } from './tree';

/** 0: only in the baseline, 1: only in the comparison; null: in both, or nothing that could be joined. */
export function sideOf(comparison: Comparison, row: number): 0 | 1 | null {
  const { function: functions, total } = comparison.table;
  const [before, after] = [total[0].near[row] ?? 0, total[1].near[row] ?? 0];
  if (comparison.functions.kind[functions[row] ?? -1] === 'synthetic' || before > 0 === after > 0) return null;
  return before > 0 ? 0 : 1;
}

/** Rows that a row may be joined with: those of the other side alone, the likely ones first. */
export function partnersOf(comparison: Comparison, scale: Scale, row: number): Int32Array {
  const side = sideOf(comparison, row);
  const { table } = comparison;
  const [before, after] = table.total;
  const amount = (at: number): number => {
    const change = changeOfPair(scale, before.near[at] ?? 0, after.near[at] ?? 0);
    return Math.max(change.baseline, change.comparison);
  };
  const rows = Int32Array.from(table.function, (_, at) => at).filter(
    (at) => side !== null && sideOf(comparison, at) === 1 - side,
  );
  const wanted = Math.log(amount(row));
  // Of two amounts how many times the one is the other, either way round.
  const distance = Float64Array.from(table.function, (_, at) => Math.abs(Math.log(amount(at)) - wanted));
  const rank = Int8Array.from(table.function, (_, at) => {
    const likeness = likenessOf(comparison, row, at);
    return likeness === 'same name' ? 0 : likeness === 'same file' && (distance[at] ?? 0) <= SIMILAR ? 1 : 2;
  });
  return rows.sort(
    (a, b) =>
      (rank[a] ?? 0) - (rank[b] ?? 0) || (distance[a] ?? 0) - (distance[b] ?? 0) || a - b,
  );
}

/** In one file many functions change; the one that was renamed takes about as much as before, at most twice or half. */
const SIMILAR = Math.log(2);

export type Likeness = 'same name' | 'same file' | '';

/** What two functions have in common: one that was moved keeps its name, one that was renamed its file. */
export function likenessOf(comparison: Comparison, row: number, other: number): Likeness {
  const { functions, table } = comparison;
  const [a, b] = [table.function[row] ?? -1, table.function[other] ?? -1];
  if (functions.name[a] === functions.name[b]) return 'same name';
  const file = functions.file[a] ?? '';
  return file !== '' && file === functions.file[b] ? 'same file' : '';
}

/** The operator that joins two rows, whichever of them is which side. */
export function joinOf(comparison: Comparison, row: number, other: number): Operator {
  const [before, after] = sideOf(comparison, row) === 0 ? [row, other] : [other, row];
  const { functions, table } = comparison;
  const frames = (at: number): string => exactFrames(functions, table.function[at] ?? -1);
  return { name: 'join', argument: `${frames(before)};${frames(after)}` };
}

/** One function and no other of the same name; without a file the module tells it. */
function exactFrames(functions: Functions, at: number): string {
  const is = (name: string, value: string | undefined): Matcher => ({ name, operator: '=', value: value ?? '' });
  const file = functions.file[at] ?? '';
  const place = file !== '' ? [is('file', file)] : [is('file', ''), is('module', functions.module[at])];
  return formatSelector([is('name', functions.name[at]), ...place]);
}

/** "parse_all → parse", "parse (app.py → parser.py)", for a chip. */
export function describeJoin(argument: string): string {
  const semicolon = endOfFirst(argument);
  const [before, after] = [argument.slice(0, semicolon), argument.slice(semicolon + 1)];
  const matchers = [before, after].map((frames) => parseSelector(frames) ?? []);
  const value = (side: 0 | 1, name: string): string | undefined =>
    matchers[side]?.find((matcher) => matcher.name === name && matcher.operator === '=')?.value;
  const [from, into] = [value(0, 'name') ?? before, value(1, 'name') ?? after];
  if (from !== into) return `${from} → ${into}`;
  const place = (side: 0 | 1): string => value(side, 'file') || value(side, 'module') || '';
  return `${from} (${place(0)} → ${place(1)})`;
}

/** Where the ';' is that ends the first of two FRAMES; one in quotes or braces does not. */
function endOfFirst(argument: string): number {
  const first = /^(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}|[^{;][^;]*)?/s.exec(argument)?.[0] ?? '';
  return first.length;
}
