import { describe, expect, it } from 'vitest';
import { BOTH_VERSIONS, type PhloxPage, withPage } from '../page';

describe('A comparison', () => {
  let phlox: PhloxPage;
  withPage({ ...BOTH_VERSIONS, cost: '100000' }, (opened) => opened.frames('diff'), (opened) => {
    phlox = opened;
  });

  it('is exact in the table, in the graph and in money', async () => {
    expect(await phlox.text('money')).toBe('$100,000 → $33,000 a year');
    expect(await phlox.cell('foo', 'change')).toBe('−0.670');
    expect(await phlox.cell('bar', 'percent')).toBe('unchanged');
    expect(await phlox.cell('bar', 'share')).toBe('25.0 % → 75.8 % +50.8 pt');
    expect(await phlox.cell('foo', 'share')).toBe('75.0 % → 24.2 % −50.8 pt');
    const whole = await phlox.width('diff', 'total');
    expect(Math.abs((await phlox.width('diff', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    expect(Math.abs((await phlox.width('diff', 'bar')) - 0.25 * whole)).toBeLessThanOrEqual(1);
  });

  it('can be shown a request', async () => {
    await phlox.page.getByTestId('requests-baseline').fill('100');
    await phlox.page.getByTestId('requests-comparison').fill('50');
    await phlox.page.keyboard.press('Enter');
    await expect.poll(() => phlox.text('per-request')).toBe('A request: 10.0 ms/req → 6.60 ms/req, −34 %');
    expect(await phlox.text('money')).toBe('$100,000 → $66,000 a year at the traffic of the baseline');
    // bar takes as much of a second as before, so with half the requests twice as much of each.
    expect(await phlox.cell('bar', 'percent')).toBe('+100 %');
    const before = await phlox.width('baseline', 'bar');
    expect(Math.abs((await phlox.width('comparison', 'bar')) - 2 * before)).toBeLessThanOrEqual(2);
    await phlox.screenshot('compare-per-request');
  });

  it('can be shown a request of those that were pushed', async () => {
    await phlox.page.getByTestId('requests-pushed').click();
    await expect.poll(() => phlox.text('requests-shown')).toBe('100 → 50.0');
    await expect.poll(() => phlox.text('per-request')).toBe('A request: 10.0 ms/req → 6.60 ms/req, −34 %');
    expect(phlox.param('requests')).toBe('pushed');
    expect(await phlox.cell('bar', 'percent')).toBe('+100 %');
    const before = await phlox.width('baseline', 'bar');
    expect(Math.abs((await phlox.width('comparison', 'bar')) - 2 * before)).toBeLessThanOrEqual(2);
    await phlox.screenshot('compare-pushed-requests');
    await phlox.page.getByTestId('requests-pushed').press('Enter');
    await expect.poll(() => phlox.param('requests')).toBeNull();
  });

  it('goes through the same operators', async () => {
    await phlox.page.goto(`${phlox.page.url()}&hide=handle`);
    await phlox.frames('diff');
    expect(await phlox.width('diff', 'handle')).toBe(0);
    expect(await phlox.text('operator')).toContain('hidden: handle');
  });
});
