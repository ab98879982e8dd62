import { describe, expect, it } from 'vitest';
import { parseTimeline } from './answers';
import { measureOf } from './cores';
import { annotationsOf } from './documents';
import { aroundMoment, beforeMoment, byLabel, earlierBaseline, enterCompare, labelOf } from './presets';
import { chartOf, isolatedPoints } from './series';
import { stepFrom } from './steps';
import { folded } from './testing';
import { CPU, DEFAULT_VIEW } from './url_state';

const NOW = Date.UTC(2026, 0, 31);

describe('presets', () => {
  const comparison = { query: '{a="1"}', from: 'now-1h', until: 'now' };

  it('look back', () => {
    expect(earlierBaseline(comparison, 'previous', NOW)).toEqual({
      query: '{a="1"}',
      from: 'now-2h',
      until: 'now-1h',
    });
    expect(earlierBaseline(comparison, 'yesterday', NOW).until).toBe('now-1d');
  });

  it('start from what Explore shows', () => {
    const entered = enterCompare({ ...DEFAULT_VIEW, query: '{a="1"}' }, NOW);
    expect(entered.comparison).toEqual(comparison);
    expect(enterCompare({ ...DEFAULT_VIEW, baseline: comparison }, NOW).baseline).toBeUndefined();
  });

  it('cut in two at a marked moment', () => {
    const sides = aroundMoment({ ...DEFAULT_VIEW, query: '{a="1"}' }, NOW - 60e3);
    expect(sides.baseline?.until).toBe('2026-01-30T23:59:00Z');
    expect(sides.comparison).toEqual({ query: '{a="1"}', from: '2026-01-30T23:59:00Z', until: 'now' });
    expect(beforeMoment(comparison, NOW - 60e3, NOW)).toEqual({
      baseline: { query: '{a="1"}', from: '2026-01-30T22:59:00Z', until: '2026-01-30T23:59:00Z' },
      comparison: { query: '{a="1"}', from: '2026-01-30T23:59:00Z', until: '2026-01-31T00:00:00Z' },
    });
  });

  it('compare two values of a label over one range', () => {
    const sides = byLabel({ ...DEFAULT_VIEW, comparison }, 'version', '1', '2');
    expect(sides.baseline).toEqual({ query: '{a="1",version="1"}', from: 'now-1h', until: 'now' });
    expect(labelOf(sides.comparison, 'version')).toBe('2');
    expect(labelOf(sides.comparison, 'pod')).toBe('');
  });
});

describe('chart', () => {
  it('keeps gaps', () => {
    const timeline = parseTimeline({
      range: { from_ms: 5000, until_ms: 27000, level_s: 10 },
      step_ms: 10000,
      first_ms: 0,
      unit: 'nanoseconds',
      series: [{ labels: { version: '1' }, total: 5, values: [5e9, 0, 0], covered_ns: [1e10, 0, 1e10] }],
      series_left_out: 0,
    });
    const chart = chartOf(timeline, measureOf(CPU));
    expect(chart.lines).toEqual([{ name: 'version 1', role: 'value', values: [0.5, null, 0] }]);
    expect([...chart.times], 'what of a step lies in the range').toEqual([7.5, 15, 23.5]);
    expect(isolatedPoints([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  });
});

describe('beside the values a chart', () => {
  const timelineOf = (values: readonly number[], band?: readonly number[], from = 0) =>
    parseTimeline({
      range: { from_ms: from, until_ms: from + 20000, level_s: 10 },
      step_ms: 10000,
      first_ms: from,
      unit: 'nanoseconds',
      series: [{ labels: {}, total: 5, values, covered_ns: [1e10, 1e10] }],
      ...(band === undefined ? {} : { band }),
    });
  const values = timelineOf([5e9, 10e9]);
  const beside = { band: null, bandName: 'foo', whatIf: null, limit: null, throttled: null };
  const cpu = measureOf(CPU);

  it('draws a band and the limit', () => {
    const band = timelineOf([5e9, 10e9], [1e9, 0]);
    const chart = chartOf(values, cpu, { ...beside, band, limit: timelineOf([20e9, 20e9]) });
    expect(chart.lines.map((line) => [line.name, line.role, line.values])).toEqual([
      ['cores', 'value', [0.5, 1]],
      ['foo', 'band', [0.1, 0]],
      ['limit', 'limit', [2, 2]],
    ]);
    expect(chart.top).toBeCloseTo(2.2);
  });

  it('does not make room for a limit far above all use, nor draw a throttling that never was', () => {
    const far = timelineOf([640e9, 640e9]);
    const chart = chartOf(values, cpu, { ...beside, limit: far, throttled: timelineOf([0, 0]) });
    expect(chart.top).toBeCloseTo(1.1);
    expect(chart.lines.map((line) => line.role)).toEqual(['value', 'limit']);
  });

  it('waits for answers of the same range', () => {
    const other = timelineOf([5e9, 10e9], [1e9, 0], 10000);
    expect(chartOf(values, cpu, { ...beside, band: other }).lines).toHaveLength(1);
  });
});

describe('annotations', () => {
  it('belong to their service or to all', () => {
    const at = (id: string, atMs: number, selector: string) => ({ id, atMs, text: id, selector });
    const all = [
      at('late', 2, '{}'),
      at('shop', 1, '{service_name="shop"}'),
      at('other', 0, '{service_name="x"}'),
    ];
    expect(annotationsOf(all, '{service_name="shop",version="1"}').map((entry) => entry.id)).toEqual([
      'shop',
      'late',
    ]);
    expect(annotationsOf(all, '{}')).toHaveLength(3);
  });
});

describe('steps', () => {
  const test = folded('a;b 10\na;c 20\nd 70');
  const width = test.values.total.near;
  const shape = { tree: test.tree, width, hidden: new Float64Array(width.length), extent: width };

  it('go to callers, the widest callee and siblings', () => {
    expect(stepFrom(shape, 0, 'callee')).toBe(test.find('d'));
    expect(stepFrom(shape, test.find('a'), 'callee')).toBe(test.find('a;c'));
    expect(stepFrom(shape, test.find('a;c'), 'previous')).toBe(test.find('a;b'));
    expect(stepFrom(shape, test.find('a;b'), 'previous')).toBe(test.find('a;b'));
    expect(stepFrom(shape, test.find('a;b'), 'caller')).toBe(test.find('a'));
    expect(stepFrom(shape, 0, 'caller')).toBe(0);
  });
});
