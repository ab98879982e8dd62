/** Timelines as the chart draws them: one x column, one column of cores a series. */
import type { Timeline, TimelineSeries } from './answers';
import { bucketRate, type Measure } from './cores';

export interface Chart {
  /** Middle of each bucket, seconds since 1970. */
  readonly times: Float64Array;
  /** null is a gap: no data, which is not the same as no CPU. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly names: readonly string[];
}

export function chartOf(timeline: Timeline, measure: Measure): Chart {
  const points = timeline.series.reduce((most, series) => Math.max(most, series.values.length), 0);
  const first = timeline.range.fromMs + timeline.stepMs / 2;
  return {
    times: Float64Array.from({ length: points }, (_, i) => (first + i * timeline.stepMs) / 1000),
    values: timeline.series.map((series) =>
      Array.from({ length: points }, (_, i) =>
        bucketRate(measure, series.values.near[i] ?? 0, series.coveredNs.near[i] ?? 0),
      ),
    ),
    names: timeline.series.map((series) => nameOf(series, measure)),
  };
}

/** Points with a gap on both sides: a line would not show them. */
export function isolatedPoints(values: readonly (number | null | undefined)[]): number[] {
  const lonely: number[] = [];
  values.forEach((value, i) => {
    if (value != null && values[i - 1] == null && values[i + 1] == null) lonely.push(i);
  });
  return lonely;
}

function nameOf(series: TimelineSeries, measure: Measure): string {
  const parts = [...series.labels].map(([name, value]) => (value === '' ? `no ${name}` : `${name} ${value}`));
  return parts.length === 0 ? measure.unit : parts.join(', ');
}
