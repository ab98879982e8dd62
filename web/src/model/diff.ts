/** What changed between two sides, in cores, and how it is coloured. */
import type { Comparison } from './answers';
import { css, inkOn, mix, type Rgb, type Theme } from './colors';
import { divisorOf, ratio, type Measure } from './cores';

/** Less than this part of the baseline is no change: sampling alone moves a number that much. The server's words agree. */
export const UNCHANGED = 0.03;

export interface Change {
  readonly baseline: number;
  readonly comparison: number;
  readonly difference: number;
  /** Difference over the baseline; Infinity for something new. */
  readonly relative: number;
  readonly unchanged: boolean;
}

export function changeOf(baseline: number, comparison: number): Change {
  const difference = comparison - baseline;
  const relative = baseline > 0 ? difference / baseline : comparison > 0 ? Infinity : 0;
  const unchanged = Math.abs(difference) < UNCHANGED * baseline || difference === 0;
  return { baseline, comparison, difference, relative, unchanged };
}

/** "−89 %", "+3.4 %", "unchanged", "new", "gone". */
export function formatRelative(change: Change): string {
  if (change.unchanged) return 'unchanged';
  if (change.baseline === 0) return 'new';
  if (change.comparison === 0) return 'gone';
  const percent = Math.abs(change.relative * 100);
  const sign = change.relative < 0 ? '−' : '+';
  if (percent >= 1000) return `×${(change.comparison / change.baseline).toFixed(0)}`;
  return `${sign}${percent.toFixed(percent < 9.95 ? 1 : 0)} %`;
}

/** Requests a second of the baseline and of the comparison. */
export type Requests = readonly [number, number];

/** Per side: what a value is divided by to become cores, and the whole in cores. */
export interface Scale {
  readonly divisors: readonly [number, number];
  readonly wholes: readonly [number, number];
}

/** With the requests a second of both sides, in milliseconds of CPU a request: cores of a second, shared out. */
export function scaleOf(comparison: Comparison, measure: Measure, requests: Requests | null = null): Scale {
  const [baseline, other] = comparison.sides;
  const shared = (rate: number | undefined): number => (rate === undefined ? 1 : rate / 1000);
  const divisors = [
    divisorOf(measure, baseline) * shared(requests?.[0]),
    divisorOf(measure, other) * shared(requests?.[1]),
  ] as const;
  return {
    divisors,
    wholes: [ratio(Number(baseline.total), divisors[0]), ratio(Number(other.total), divisors[1])],
  };
}

/** Change of a pair of exact sums that were rounded to doubles, in cores. */
export function changeOfPair(scale: Scale, baseline: number, comparison: number): Change {
  return changeOf(ratio(baseline, scale.divisors[0]), ratio(comparison, scale.divisors[1]));
}

/** Blue for less, grey for the same, orange for more: a pair that colour-blind people tell apart. */
const LESS: Rgb = [25, 101, 176];
const MORE: Rgb = [204, 82, 0];
const SAME: { readonly [theme in Theme]: Rgb } = { light: [226, 228, 232], dark: [74, 79, 88] };
const SHADES = 16;

export interface DiffPaint {
  readonly fill: string;
  readonly ink: string;
}

/** Paint for -SHADES … SHADES, index 0 being the deepest blue. */
export function diffPalette(theme: Theme): readonly DiffPaint[] {
  return Array.from({ length: 2 * SHADES + 1 }, (_, i) => {
    const step = i - SHADES;
    // The first shade already differs visibly from grey.
    const part = step === 0 ? 0 : 0.12 + 0.88 * (Math.abs(step) / SHADES);
    const fill = mix(SAME[theme], step < 0 ? LESS : MORE, part);
    return { fill: css(fill), ink: css(inkOn(fill)) };
  });
}

/** For every node its index into the palette: by change in cores, or by change in share of the side's whole. */
export function diffShades(comparison: Comparison, scale: Scale, by: 'cores' | 'share'): Uint8Array {
  const [before, after] = comparison.values;
  const size = comparison.tree.depth.length;
  const changes = new Float64Array(size);
  let largest = 0;
  for (let i = 0; i < size; i++) {
    const change = changeOfPair(scale, before.total.near[i] ?? 0, after.total.near[i] ?? 0);
    const points = ratio(change.comparison, scale.wholes[1]) - ratio(change.baseline, scale.wholes[0]);
    const value = by === 'share' ? points : change.unchanged ? 0 : change.difference;
    changes[i] = value;
    largest = Math.max(largest, Math.abs(value));
  }
  return Uint8Array.from(
    changes,
    (value) => SHADES + (largest > 0 ? Math.round((value / largest) * SHADES) : 0),
  );
}
