import { describe, expect, it } from 'vitest';
import {
  coreBill,
  formatAssumptions,
  loadOf,
  parseAssumptions,
  serverBill,
  serversFor,
  USUAL_ASSUMPTIONS,
  utilisationOf,
} from './what_if';

const price = { amount: 100000, per: 'year' } as const;

describe('what if', () => {
  it('is worth its cores', () => {
    expect(coreBill(price, 100000, 33000)).toEqual({ before: 100000, after: 33000 });
    expect(coreBill({ amount: 0.04, per: 'core-hour' }, 10, 5)?.before).toBeCloseTo(3504);
    expect(coreBill(null, 1, 1)).toBeNull();
  });

  it('is worth whole servers', () => {
    const assumptions = { coresPerServer: 2, utilisation: 50, headroom: 0, leastServers: 1 };
    expect([0, 0.9, 1, 1.01, 5].map((peak) => serversFor(peak, assumptions))).toEqual([1, 1, 1, 2, 5]);
    expect(serversFor(0.3, { ...assumptions, utilisation: 30, coresPerServer: 1 })).toBe(1);
    expect(serverBill(price, [4, 2], assumptions)).toEqual({ before: 100000, after: 50000 });
    expect(utilisationOf(1, 4, assumptions)).toBe(1 / 8);
    expect(utilisationOf(1, 0, assumptions)).toBe(0);
  });

  it('looks at the load over time', () => {
    const values = Array.from({ length: 200 }, (_, i) => i + 1);
    expect(loadOf([null, ...values])).toEqual({ mean: 100.5, p99: 198, peak: 200 });
    expect(loadOf([null])).toBeNull();
  });

  it('keeps its assumptions in the address', () => {
    const assumptions = { coresPerServer: 8, utilisation: 60, headroom: 25, leastServers: 3 };
    expect(parseAssumptions(formatAssumptions(assumptions))).toEqual(assumptions);
    for (const wrong of [null, '', '1,2', '0,50,0,1', '4,101,0,1', '4,50,-1,1', '4,50,0,1.5', 'a,b,c,d'])
      expect(parseAssumptions(wrong)).toEqual(USUAL_ASSUMPTIONS);
  });
});
