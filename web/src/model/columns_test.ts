import { describe, expect, it } from 'vitest';
import { ExactSum, toWhole, WholeColumn } from './columns';

describe('WholeColumn', () => {
  it('mixes numbers and digits and keeps both exact', () => {
    const column = WholeColumn.of([1, '9007199254740993', 0]);
    expect(column.exact(0)).toBe(1n);
    expect(column.exact(1)).toBe(9007199254740993n);
    expect(column.near[1]).toBe(9007199254740992);
  });

  it('refuses fractions and words', () => {
    expect(() => WholeColumn.of([0.5])).toThrow('not a whole number');
    expect(() => toWhole('12x')).toThrow('not a whole number');
    expect(() => toWhole(2 ** 53)).toThrow('not a whole number');
  });
});

describe('ExactSum', () => {
  it('does not round where doubles would', () => {
    const column = WholeColumn.of([Number.MAX_SAFE_INTEGER, 1, 1, 1, '9223372036854775807']);
    const sum = new ExactSum();
    for (let i = 0; i < column.length; i++) sum.add(column, i);
    expect(sum.value).toBe(9007199254740991n + 3n + 9223372036854775807n);
  });
});
