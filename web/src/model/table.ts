/** Rows of the top table: which, and in what order. Rows are positions in the answer's table. */
import type { Comparison, Profile } from './answers';
import { changeOfPair, type Scale } from './diff';
import { ratio } from './cores';
import type { Search } from './search';
import { placeOf, type Functions } from './tree';

export interface SortOrder<Column extends string> {
  readonly column: Column;
  readonly descending: boolean;
}

export const PROFILE_COLUMNS = ['function', 'place', 'self', 'total', 'money'] as const;
export type ProfileColumn = (typeof PROFILE_COLUMNS)[number];

export const DIFF_COLUMNS = [
  'function',
  'baseline',
  'comparison',
  'change',
  'percent',
  'share',
  'money',
] as const;
export type DiffColumn = (typeof DIFF_COLUMNS)[number];

/** "-total" -> total, largest first; anything unknown -> the fallback. */
export function parseSort<C extends string>(
  text: string,
  columns: readonly C[],
  fallback: SortOrder<C>,
): SortOrder<C> {
  const descending = text.startsWith('-');
  const column = columns.find((name) => name === (descending ? text.slice(1) : text));
  return column === undefined ? fallback : { column, descending };
}

/** What a click on a column's head makes of the order: numbers start with the largest, words with A. */
export function toggleSort<C extends string>(order: SortOrder<C>, column: C): string {
  const words = column === 'function' || column === 'place' || column === 'line';
  const descending = order.column === column ? !order.descending : !words;
  return (descending ? '-' : '') + column;
}

/** All rows in order. They stay as they are while someone searches: see matchingRows. */
export function profileRows(profile: Profile, order: SortOrder<ProfileColumn>): Int32Array {
  const { table, functions } = profile;
  const rows = allRows(table.function);
  if (order.column === 'function' || order.column === 'place') {
    return sortByText(rows, table.function, functions, order);
  }
  const values = order.column === 'self' ? table.self.near : table.total.near;
  return sortByNumber(rows, (row) => values[row] ?? 0, order.descending);
}

export function diffRows(
  comparison: Comparison,
  scale: Scale,
  order: SortOrder<DiffColumn>,
): Int32Array {
  const { table, functions } = comparison;
  const rows = allRows(table.function);
  if (order.column === 'function') return sortByText(rows, table.function, functions, order);
  const keys = Float64Array.from(table.function, (_, row) => diffKey(comparison, scale, order.column, row));
  return sortByNumber(rows, (row) => keys[row] ?? 0, order.descending);
}

/** Changes sort by their size, so that the largest gain and the largest loss both come first. */
function diffKey(comparison: Comparison, scale: Scale, column: DiffColumn, row: number): number {
  const [before, after] = comparison.table.total;
  const change = changeOfPair(scale, before.near[row] ?? 0, after.near[row] ?? 0);
  switch (column) {
    case 'baseline':
      return change.baseline;
    case 'comparison':
      return change.comparison;
    case 'percent':
      return change.unchanged ? 0 : Math.abs(change.relative);
    case 'share':
      return Math.abs(ratio(change.comparison, scale.wholes[1]) - ratio(change.baseline, scale.wholes[0]));
    default:
      return Math.abs(change.difference);
  }
}

/** Of rows those whose function was found. A loop: called back by `filter`, the same takes the first key ten times as long. */
export function matchingRows(rows: Int32Array, functions: Int32Array, found: Search | null): Int32Array {
  if (found === null) return rows;
  const matching = new Int32Array(rows.length);
  let count = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? 0;
    if (found.functions[functions[row] ?? -1] === 1) matching[count++] = row;
  }
  return matching.subarray(0, count);
}

function allRows(functions: Int32Array): Int32Array {
  return Int32Array.from(functions, (_, row) => row);
}

function sortByNumber(rows: Int32Array, key: (row: number) => number, descending: boolean): Int32Array {
  const sign = descending ? -1 : 1;
  return rows.sort((left, right) => {
    const a = key(left);
    const b = key(right);
    return a === b ? left - right : a < b ? -sign : sign;
  });
}

function sortByText(
  rows: Int32Array,
  functions: Int32Array,
  names: Functions,
  order: SortOrder<string>,
): Int32Array {
  const texts = Array.from(functions, (at) =>
    order.column === 'place' ? placeOf(names, at) : (names.name[at] ?? ''),
  );
  const sign = order.descending ? -1 : 1;
  return rows.sort((left, right) => {
    const a = texts[left] ?? '';
    const b = texts[right] ?? '';
    return a === b ? left - right : a < b ? -sign : sign;
  });
}
