import { describe, expect, it } from 'vitest';
import { parseComparison, parseProfile, parseTimeline } from './answers';
import { contrast, css, functionFills, inkOn, type Rgb } from './colors';
import { measureOf } from './cores';
import { changeOf, diffPalette, diffShades, formatRelative, scaleOf } from './diff';
import { comparisonShapes } from './shape';
import { diffRows, parseSort, profileRows, toggleSort } from './table';
import { plainFunctions } from './testing';
import { CPU } from './url_state';

const RANGE = { from_ms: 0, until_ms: 60000, level_s: 10 };
const FUNCTIONS = {
  name: ['work', 'foo', 'bar'],
  file: ['app.py', 'app.py', 'app.py'],
  line: [1, 2, 3],
  module: ['app', 'app', 'app'],
  kind: ['python', 'python', 'python'],
};

/** The story: 10 s with foo 750, bar 250; then 20 s with foo 160, bar 500. In cores bar stays. */
const DIFF = {
  type: CPU,
  unit: 'nanoseconds',
  baseline: { range: RANGE, total: 1000, covered_ns: 1000, profiles: 1 },
  comparison: { range: RANGE, total: 660, covered_ns: 2000, profiles: 2 },
  functions: FUNCTIONS,
  tree: {
    function: [-1, 0, 2, 1],
    depth: [0, 1, 2, 2],
    self: [
      [0, 0, 250, 750],
      [0, 0, 500, 160],
    ],
    total: [
      [1000, 1000, 250, 750],
      [660, 660, 500, 160],
    ],
    hidden_count: [0, 0, 0, 0],
    hidden_total: [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
  },
  table: {
    function: [0, 1, 2],
    self: [
      [0, 750, 250],
      [0, 160, 500],
    ],
    total: [
      [1000, 750, 250],
      [660, 160, 500],
    ],
  },
  table_left_out: 0,
  headline: { changed: 1, unchanged: 2, sentence: 'foo fell.' },
};

describe('change', () => {
  it('is told in words where a number would mislead', () => {
    expect(formatRelative(changeOf(0.219, 0.221))).toBe('unchanged');
    expect(formatRelative(changeOf(0.655, 0.07))).toBe('−89 %');
    expect(formatRelative(changeOf(0, 1))).toBe('new');
    expect(formatRelative(changeOf(1, 0))).toBe('gone');
    expect(formatRelative(changeOf(0, 0))).toBe('unchanged');
    expect(formatRelative(changeOf(1, 1.05))).toBe('+5.0 %');
    expect(formatRelative(changeOf(1, 25))).toBe('×25');
  });
});

describe('comparison', () => {
  const comparison = parseComparison(DIFF);
  const scale = scaleOf(comparison, measureOf(CPU));

  it('draws an unchanged function equally wide and grey', () => {
    const [baseline, other, diff] = comparisonShapes(comparison, scale);
    expect(baseline.width[2]).toBe(0.25);
    expect(other.width[2]).toBe(0.25);
    expect(diff.width[3]).toBe(0.75);
    const shades = diffShades(comparison, scale, 'cores');
    expect(shades[2]).toBe(16);
    expect(shades[3]).toBeLessThan(2);
  });

  it('can be measured a request', () => {
    const perRequest = scaleOf(comparison, measureOf(CPU), [100, 50]);
    expect(perRequest.wholes[0]).toBeCloseTo(scale.wholes[0] * 10);
    expect(perRequest.wholes[1]).toBeCloseTo(scale.wholes[1] * 20);
    expect(comparisonShapes(comparison, perRequest)[1].width[2]).toBeCloseTo(5);
  });

  it('can colour by share, where bar seems to grow', () => {
    expect(diffShades(comparison, scale, 'share')[2]).toBeGreaterThan(16);
  });

  it('sorts by the size of the change', () => {
    const byChange = diffRows(comparison, scale, { column: 'change', descending: true });
    expect([...byChange].pop()).toBe(2);
    const byName = diffRows(comparison, scale, { column: 'function', descending: false });
    expect([...byName]).toEqual([2, 1, 0]);
  });

  it('refuses columns of different lengths', () => {
    expect(() => parseComparison({ ...DIFF, tree: { ...DIFF.tree, function: [-1] } })).toThrow(
      'differ in length',
    );
  });
});

describe('answers', () => {
  const profile = parseProfile({
    ...DIFF,
    side: DIFF.baseline,
    tree: {
      function: [-1, 0],
      depth: [0, 1],
      self: [0, '9007199254740993'],
      total: ['9007199254740993', '9007199254740993'],
      hidden_count: [0, 0],
      hidden_total: [0, 0],
    },
    table: { function: [0, 1], self: [5, 7], total: [10, 7] },
  });

  it('keep large sums exact', () => {
    expect(profile.values.total.exact(0)).toBe(9007199254740993n);
  });

  it('are sorted by self or total', () => {
    expect([...profileRows(profile, { column: 'self', descending: true })]).toEqual([1, 0]);
    expect([...profileRows(profile, { column: 'total', descending: true })]).toEqual([0, 1]);
  });

  it('say what is wrong with them', () => {
    expect(() => parseTimeline({ range: RANGE, step_ms: 10, first_ms: 0, unit: 'x' })).toThrow('no list "series"');
    expect(() => parseProfile('no')).toThrow('no object "profile"');
  });
});

describe('sort order', () => {
  it('toggles', () => {
    const order = parseSort('-total', ['function', 'total'] as const, { column: 'total', descending: true });
    expect(toggleSort(order, 'total')).toBe('total');
    expect(toggleSort(order, 'function')).toBe('function');
    expect(parseSort('-x', ['a'] as const, { column: 'a', descending: false })).toEqual({
      column: 'a',
      descending: false,
    });
  });
});

describe('colours', () => {
  it('are readable', () => {
    for (const theme of ['light', 'dark'] as const) {
      const functions = plainFunctions(Array.from({ length: 200 }, (_, i) => `f${i}`));
      const fill = functionFills({ ...functions, module: functions.name }, theme);
      const fills = functions.name.map((_, at) => toRgb(fill(at) ?? ''));
      expect(Math.min(...fills.map((fill) => contrast(fill, inkOn(fill))))).toBeGreaterThan(4.5);
      expect(new Set(fills.map(css)).size).toBeGreaterThan(20);
      for (const paint of diffPalette(theme)) {
        expect(contrast(toRgb(paint.fill), toRgb(paint.ink))).toBeGreaterThan(4.5);
      }
    }
  });

  it('are stable and grey for synthetic frames', () => {
    const functions = plainFunctions(['foo', '[between samples]', '[truncated]']);
    const fill = functionFills(functions, 'light');
    expect(fill(1)).toBe(fill(2));
    expect([fill(-1), fill(3)]).toEqual([undefined, undefined]);
    expect(functionFills(plainFunctions(['bar', 'foo']), 'light')(1)).toBe(fill(0));
  });
});

function toRgb(text: string): Rgb {
  const [red = 0, green = 0, blue = 0] = text.match(/\d+/g)?.map(Number) ?? [];
  return [red, green, blue];
}
