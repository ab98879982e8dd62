/** One selection split by the values of a label: a selector for each, and its largest functions. */
import type { Profile } from './answers';
import { formatSelector, parseSelector } from './selector';

/** As many values get a picture of their own; a timeline tells how many more there are. */
export const MOST_VALUES = 24;
/** Rows of the table that are asked for to find the largest by self among them. */
export const ROWS_ASKED = 300;

/** The selection of one value; "" is no such label. null if the selector cannot be read. */
export function selectorOfValue(query: string, label: string, value: string): string | null {
  const matchers = parseSelector(query === '' ? '{}' : query);
  if (matchers === null) return null;
  const same = matchers.some((entry) => entry.name === label && entry.operator === '=' && entry.value === value);
  return formatSelector(same ? matchers : [...matchers, { name: label, operator: '=', value }]);
}

export interface TopFunctions {
  /** Positions in the answer's table, largest self value first. */
  readonly rows: readonly number[];
  /** Whether no function that was not sent can be larger: the table comes by total, and self is at most that. */
  readonly isProved: boolean;
}

export function topBySelf(profile: Profile, count: number): TopFunctions {
  const { self, total, leftOut } = profile.table;
  const rows = Array.from(self.near.keys())
    .filter((row) => (self.near[row] ?? 0) > 0)
    .sort((left, right) => (self.near[right] ?? 0) - (self.near[left] ?? 0) || left - right)
    .slice(0, count);
  const least = self.near[rows[count - 1] ?? -1] ?? 0;
  return { rows, isProved: leftOut === 0 || least >= (total.near[total.length - 1] ?? 0) };
}
