/** Timelines as the chart draws them: one x column, one column of cores a line. */
import type { Timeline, TimelineSeries } from './answers';
import { bucketRate, type Measure } from './cores';

/** null is a gap: no data, which is not the same as no CPU. */
export type Values = readonly (number | null)[];

export interface ChartLine {
  readonly name: string;
  readonly role: 'value' | 'band' | 'what-if' | 'limit' | 'throttled';
  readonly values: Values;
}

export interface Chart {
  /** Middle of each point, seconds since 1970. */
  readonly times: Float64Array;
  readonly lines: readonly ChartLine[];
  /** Where the y axis ends. A limit far above all use is not drawn: it would flatten everything else. */
  readonly top: number;
}

/** What is drawn beside the values; each may still be on its way. */
export interface Beside {
  readonly band: Timeline | null;
  readonly bandName: string;
  readonly whatIf: Timeline | null;
  readonly limit: Timeline | null;
  readonly throttled: Timeline | null;
}

const NOTHING: Beside = { band: null, bandName: '', whatIf: null, limit: null, throttled: null };
const FAR_ABOVE = 3;

export function chartOf(timeline: Timeline, measure: Measure, beside: Beside = NOTHING): Chart {
  const points = timeline.series.reduce((most, series) => Math.max(most, series.values.length), 0);
  const values = timeline.series.map((series): ChartLine => ({
    name: nameOf(series, measure),
    role: 'value',
    values: ratesOf(series, points, measure),
  }));
  const fitting = (other: Timeline | null): Timeline | null => (sameBuckets(timeline, other) ? other : null);
  const band = bandLine(fitting(beside.band), beside.bandName, points, measure);
  const whatIf = whatIfLine(fitting(beside.whatIf), points, measure);
  const limit = factLine(fitting(beside.limit), 'limit', points, measure);
  const throttled = factLine(fitting(beside.throttled), 'throttled', points, measure);
  const most = highest([...values, ...whatIf, ...throttled]);
  const all = [...values, ...band, ...whatIf, ...limit, ...throttled];
  const top = Math.max(most, ...[highest(limit)].filter((value) => value <= FAR_ABOVE * most));
  return {
    times: Float64Array.from({ length: points }, (_, i) => middleMs(timeline, i) / 1000),
    lines: all,
    top: top > 0 ? top * 1.1 : 1,
  };
}

/** Of what of a step lies in the range. */
function middleMs({ range, firstMs, stepMs }: Timeline, point: number): number {
  const from = firstMs + point * stepMs;
  return (Math.max(from, range.fromMs) + Math.min(from + stepMs, range.untilMs)) / 2;
}

/** Points with a gap on both sides: a line would not show them. */
export function isolatedPoints(values: readonly (number | null | undefined)[]): number[] {
  const lonely: number[] = [];
  values.forEach((value, i) => {
    if (value != null && values[i - 1] == null && values[i + 1] == null) lonely.push(i);
  });
  return lonely;
}

/**
 * The value in the middle of those that are known. Of a limit it says more than the largest one: where one process follows another
 * within a bucket, the limits of both are added up.
 */
export function middleOf(values: Values): number | null {
  const known = values.filter((value) => value !== null).sort((one, other) => one - other);
  return known[known.length >> 1] ?? null;
}

/** While a new range is on its way, an old answer does not fit beside it. */
function sameBuckets(one: Timeline, other: Timeline | null): boolean {
  return other !== null && other.range.fromMs === one.range.fromMs && other.stepMs === one.stepMs;
}

function bandLine(
  band: Timeline | null,
  name: string,
  points: number,
  measure: Measure,
): readonly ChartLine[] {
  const series = band?.series[0];
  if (band?.band == null || series === undefined) return [];
  return [{ name, role: 'band', values: ratesOf({ ...series, values: band.band }, points, measure) }];
}

function whatIfLine(timeline: Timeline | null, points: number, measure: Measure): readonly ChartLine[] {
  const series = timeline?.series[0];
  if (series === undefined) return [];
  return [{ name: 'what if', role: 'what-if', values: ratesOf(series, points, measure) }];
}

/** Facts of several processes add up over the time that any of them covers, as cores do. */
function factLine(
  fact: Timeline | null,
  role: 'limit' | 'throttled',
  points: number,
  measure: Measure,
): readonly ChartLine[] {
  const series = fact?.series[0];
  if (series === undefined || highestOf(series.values.near) === 0) return [];
  return [{ name: role, role, values: ratesOf(series, points, measure) }];
}

function ratesOf(series: TimelineSeries, points: number, measure: Measure): Values {
  return Array.from({ length: points }, (_, i) =>
    bucketRate(measure, series.values.near[i] ?? 0, series.coveredNs.near[i] ?? 0),
  );
}

function highest(lines: readonly ChartLine[]): number {
  return lines.reduce((most, line) => Math.max(most, highestOf(line.values)), 0);
}

function highestOf(values: Iterable<number | null>): number {
  let most = 0;
  for (const value of values) most = Math.max(most, value ?? 0);
  return most;
}

function nameOf(series: TimelineSeries, measure: Measure): string {
  const parts = [...series.labels].map(([name, value]) => (value === '' ? `no ${name}` : `${name} ${value}`));
  return parts.length === 0 ? measure.unit : parts.join(', ');
}
