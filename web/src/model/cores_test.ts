import { describe, expect, it } from 'vitest';
import { bucketRate, formatChange, formatNumber, formatPoints, formatRate, formatShare, measureOf } from './cores';
import { formatMoney, formatMoneyChange, moneyOf, parseAmount } from './money';
import { CPU } from './url_state';

describe('measureOf', () => {
  it('knows cores, rates and gauges', () => {
    expect(measureOf(CPU)).toEqual({ kind: 'cores', unit: 'cores', bytes: false });
    expect(measureOf('memory:alloc_space:bytes:space:bytes').kind).toBe('rate');
    expect(measureOf('memory:inuse_space:bytes:space:bytes').kind).toBe('gauge');
  });
});

describe('bucketRate', () => {
  it('tells a gap from idleness', () => {
    expect(bucketRate(measureOf(CPU), 0, 0)).toBeNull();
    expect(bucketRate(measureOf(CPU), 0, 10e9)).toBe(0);
    expect(bucketRate(measureOf(CPU), 5e9, 10e9)).toBe(0.5);
  });
});

describe('numbers', () => {
  it('keep the digits that matter', () => {
    const shown = [0, 0.655, 12.44, 1204, 0.0949, 9.999, 0.000421, 1e-9, 99.96].map(formatNumber);
    expect(shown).toEqual(['0', '0.655', '12.4', '1,204', '0.095', '10.0', '<0.001', '<0.001', '100.0']);
  });

  it('tell by how many points a share changed', () => {
    expect([0.508, -0.0041, 0.0004, -0.0004, 0].map(formatPoints)).toEqual(['+50.8 pt', '−0.4 pt', '0 pt', '0 pt', '0 pt']);
  });

  it('carry their unit and sign', () => {
    expect(formatRate(measureOf(CPU), 0.655)).toBe('0.655 cores');
    expect(formatRate(measureOf('memory:alloc_space:bytes:space:bytes'), 1234567)).toBe('1.23 MB/s');
    expect(formatChange(measureOf(CPU), -0.585)).toBe('−0.585');
    expect(formatChange(measureOf(CPU), 0.07)).toBe('+0.070');
  });

  it('show shares', () => {
    expect([0.75, 0.0012, 0.00001, 0].map(formatShare)).toEqual(['75.0 %', '0.12 %', '<0.01 %', '0 %']);
  });
});

describe('money', () => {
  it('is a share of the baseline', () => {
    const price = { amount: 100000, per: 'year' } as const;
    expect(moneyOf(price, 0.297, 0.874)).toBeCloseTo(33982, 0);
    expect(moneyOf(null, 1, 1)).toBeNull();
    expect(moneyOf(price, 1, 0)).toBeNull();
  });

  it('is read as people write it', () => {
    expect(['100000', '$100,000', '100k', '1.5M', 'abc', '-5', '0'].map(parseAmount)).toEqual([
      1e5,
      1e5,
      1e5,
      1.5e6,
      null,
      null,
      null,
    ]);
  });

  it('is written with its sign in front', () => {
    expect(formatMoney(34000.4)).toBe('$34,000');
    expect(formatMoney(-66000)).toBe('−$66,000');
    expect(formatMoneyChange(12.345)).toBe('+$12.35');
    expect(formatMoney(0)).toBe('$0.00');
  });
});
