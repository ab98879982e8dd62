import { describe, expect, it } from 'vitest';
import { parseTimeline } from './answers';
import { measureOf } from './cores';
import { byLabel, earlierBaseline, enterCompare, labelOf } from './presets';
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
      from: 'now-7200s',
      until: 'now-3600s',
    });
    expect(earlierBaseline(comparison, 'yesterday', NOW).until).toBe('now-86400s');
  });

  it('start from what Explore shows', () => {
    const entered = enterCompare({ ...DEFAULT_VIEW, query: '{a="1"}' }, NOW);
    expect(entered.comparison).toEqual(comparison);
    expect(enterCompare({ ...DEFAULT_VIEW, baseline: comparison }, NOW).baseline).toBeUndefined();
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
      range: { from_ms: 0, until_ms: 30000, level_s: 10 },
      step_ms: 10000,
      unit: 'nanoseconds',
      series: [{ labels: { version: '1' }, total: 5, values: [5e9, 0, 0], covered_ns: [1e10, 0, 1e10] }],
      series_left_out: 0,
    });
    const chart = chartOf(timeline, measureOf(CPU));
    expect(chart.values).toEqual([[0.5, null, 0]]);
    expect([...chart.times]).toEqual([5, 15, 25]);
    expect(chart.names).toEqual(['version 1']);
    expect(isolatedPoints([1, null, 2, 3, null, 4])).toEqual([0, 5]);
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
