import { describe, expect, it } from 'vitest';
import { parseProfile, type Profile } from './answers';
import { selectorOfValue, topBySelf } from './by_value';

function profileOf(self: readonly number[], total: readonly number[], leftOut: number): Profile {
  const names = self.map((_, i) => `f${i}`);
  const whole = total[0] ?? 0;
  return parseProfile({
    unit: 'nanoseconds',
    side: { range: { from_ms: 0, until_ms: 10000, level_s: 10 }, total: whole, covered_ns: 1e10, profiles: 1 },
    functions: {
      name: names,
      file: names.map(() => ''),
      line: names.map(() => 0),
      module: names.map(() => ''),
      kind: names.map(() => 'python'),
    },
    tree: { function: [-1], depth: [0], self: [0], total: [whole], hidden_count: [1], hidden_total: [whole] },
    table: { function: names.map((_, i) => i), self, total },
    table_left_out: leftOut,
  });
}

describe('one value of a label', () => {
  it('has a selector of its own', () => {
    expect(selectorOfValue('{service_name="shop"}', 'version', '2')).toBe('{service_name="shop",version="2"}');
    expect(selectorOfValue('', 'pod', 'a"b')).toBe('{pod="a\\"b"}');
    // No such label is a value as well; what the selector says of the label still holds.
    expect(selectorOfValue('{pod=~"a|"}', 'pod', '')).toBe('{pod=~"a|",pod=""}');
    expect(selectorOfValue('{version="2"}', 'version', '2')).toBe('{version="2"}');
    expect(selectorOfValue('nonsense', 'version', '2')).toBeNull();
  });
});

describe('the largest functions by self', () => {
  it('are found behind those that only call', () => {
    expect(topBySelf(profileOf([0, 5, 60, 35], [100, 100, 60, 35], 0), 2)).toEqual({ rows: [2, 3], isProved: true });
    expect(topBySelf(profileOf([0, 100], [100, 100], 0), 5)).toEqual({ rows: [1], isProved: true });
  });

  it('are only proved if nothing larger can have been left out', () => {
    // What was left out has a total, and so a self value, of at most 35.
    expect(topBySelf(profileOf([0, 60, 35], [100, 60, 35], 9), 2).isProved).toBe(true);
    expect(topBySelf(profileOf([0, 60, 20], [100, 60, 35], 9), 2).isProved).toBe(false);
    expect(topBySelf(profileOf([0, 60], [100, 60], 9), 2).isProved).toBe(false);
  });
});
