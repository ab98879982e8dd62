import { describe, expect, it } from 'vitest';
import { requestsOf, requestsType } from './requests';

const side = (total: bigint, coveredNs: bigint) => ({
  side: { range: { fromMs: 0, untilMs: 0, levelS: 10 }, total, coveredNs, profiles: 1 },
});

describe('pushed requests', () => {
  it('are found by what they count', () => {
    expect(requestsType(['process_cpu:cpu:nanoseconds:cpu:nanoseconds'])).toBeNull();
    expect(requestsType(['memory:requests:bytes::', 'shop:requests:count:cpu:nanoseconds'])).toBe(
      'shop:requests:count:cpu:nanoseconds',
    );
  });

  it('are a number a second of the time that they cover', () => {
    expect(requestsOf(side(20_000n, 200_000_000_000n), side(5_000n, 100_000_000_000n))).toEqual([100, 50]);
    expect(requestsOf(side(20_000n, 200_000_000_000n), side(0n, 0n))).toBeNull();
    expect(requestsOf(null, side(1n, 1n))).toBeNull();
  });
});
