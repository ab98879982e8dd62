import { describe, expect, it } from 'vitest';
import { parseServices, parseTimeline } from './answers';
import { measureOf } from './cores';
import { serviceRows, sortedRows, sparkPath } from './service_rows';
import { CPU } from './url_state';

const servicesOf = (totals: { readonly [name: string]: number }) =>
  parseServices({
    services: Object.entries(totals).map(([name, total]) => ({ name, total, covered_ns: 1e10, profiles: 1 })),
  });
const measure = measureOf(CPU);
const facts = {
  today: servicesOf({ shop: 6e9, mail: 4e9, old: 0 }),
  yesterday: servicesOf({ shop: 3e9, mail: 4e9 }),
  trend: parseTimeline({
    range: { from_ms: 0, until_ms: 20000, level_s: 10 },
    step_ms: 10000,
    first_ms: 0,
    unit: 'nanoseconds',
    series: [{ labels: { service_name: 'shop' }, total: 6e9, values: [6e9, 0], covered_ns: [1e10, 0] }],
  }),
  price: { amount: 1000, per: 'month' } as const,
  wholeCores: 1,
  kept: [],
};

describe('services', () => {
  it('have cores, change, trend and cost', () => {
    const [shop, mail, old] = serviceRows(facts, measure);
    expect(shop).toMatchObject({ rate: 0.6, share: 0.6, trend: [0.6, null], money: 600 });
    expect(shop?.change?.relative).toBe(1);
    expect(mail?.change?.unchanged).toBe(true);
    expect(old?.change).toBeNull();
  });

  it('cost what is kept for them', () => {
    const kept = [
      { selector: '{}', amount: 1, per: 'core-hour' } as const,
      { selector: '{service_name="mail"}', amount: 70, per: 'month' } as const,
    ];
    const rows = serviceRows({ ...facts, kept, price: kept[0] ?? null }, measure);
    expect(rows.map((row) => row.money)).toEqual([0.6 * 8760, 70, 0]);
  });

  it('are sorted by what is asked', () => {
    const names = (column: 'service' | 'change', descending: boolean) =>
      sortedRows(serviceRows(facts, measure), { column, descending }).map((row) => row.name);
    expect(names('service', false)).toEqual(['mail', 'old', 'shop']);
    expect(names('change', true)[0]).toBe('shop');
  });
});

describe('a spark', () => {
  it('is broken at gaps', () => {
    expect(sparkPath([1, 0.5, null, 1], 30, 12)).toBe('M0.0 1.0L10.0 6.0M30.0 1.0h1');
    expect(sparkPath([], 30, 12)).toBe('');
  });
});
