/** Answers that take long: what the page says meanwhile, and how it is stopped. */
import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PhloxPage, withBrowser } from '../page';

describe('A long wait', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  it('says how long it takes and can be cancelled by key; what was shown stays', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop",version="1"}' });
    const { page } = phlox;
    const whole = await phlox.width('main', 'total');
    const stopped: string[] = [];
    page.on('requestfailed', (request) => stopped.push(request.url()));
    // An answer that never comes.
    await page.route('**/api/v1/profile?*', () => undefined);
    await page.getByTestId('search').press('Escape');
    await page.getByTestId('transform').click();
    await page.getByTestId('preset-invert').click();
    await expect.poll(() => phlox.text('waiting')).toMatch(/^Loading… [1-9]\d* s Cancel$/);
    await phlox.screenshot('waiting');
    await page.getByTestId('cancel').press('Enter');
    await page.getByTestId('waiting').waitFor({ state: 'detached' });
    await expect.poll(() => stopped.some((url) => url.includes('/api/v1/profile?'))).toBe(true);
    expect(await phlox.width('main', 'total')).toBe(whole);
    expect(Math.abs((await phlox.width('main', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    // The address and the chips say what is shown, and not what was asked for.
    expect(phlox.param('invert')).toBeNull();
    expect(await page.getByTestId('operator').count()).toBe(0);
    await page.unrouteAll();
    await page.getByTestId('transform').click();
    await page.getByTestId('preset-invert').click();
    await expect.poll(async () => (await phlox.frames('main')).find((frame) => frame.depth === 1)?.name).toBe('bar');
    await phlox.close();
  });

  /** Every wait of the page: what begins it, and the answer that does not come. */
  const WAITS = {
    sandwich: { asks: /\/api\/v1\/sandwich\?/, service: 'shop', frame: 'handle', action: 'frame-sandwich' },
    'what-if': { asks: /\/api\/v1\/\w+\?.*scale=/, service: 'shop', frame: 'foo', action: 'frame-scale' },
    band: { asks: /\/api\/v1\/timeline\?.*search=/, service: 'shop', search: 'foo' },
    'search of the whole tree': { asks: /\/api\/v1\/profile\?.*search=/, service: 'wide', search: 'step_7' },
  } as const;

  it.each(Object.keys(WAITS) as (keyof typeof WAITS)[])('for the %s can be cancelled', async (name) => {
    const wait = WAITS[name];
    const phlox = await PhloxPage.open(browser, { query: `{service_name="${wait.service}"}`, nodes: '50' });
    const { page } = phlox;
    const before = await phlox.frames('main');
    // What came before is settled when it has rested for a moment.
    await page.waitForLoadState('networkidle');
    const params = () => Object.fromEntries(new URL(page.url()).searchParams);
    const address = params();
    await page.route(wait.asks, () => undefined);
    if ('frame' in wait) {
      const frame = before.find((entry) => entry.name === wait.frame);
      const position = { x: (frame?.x ?? 0) + 5, y: (frame?.y ?? 0) + 5 };
      await page.getByTestId('canvas-main').click({ position, button: 'right' });
      await page.getByTestId(wait.action).click();
    } else {
      await page.getByTestId('search').fill(wait.search);
    }
    await expect.poll(() => phlox.text('waiting')).toMatch(/^Loading… [1-9]\d* s Cancel$/);
    expect(params()).not.toEqual(address);
    await page.getByTestId('cancel').click();
    await page.getByTestId('waiting').waitFor({ state: 'detached' });
    expect(params()).toEqual(address);
    await expect.poll(async () => (await phlox.frames('main')).map(({ x, width }) => [x, width])).toEqual(
      before.map(({ x, width }) => [x, width]),
    );
    expect(await page.getByTestId('operator').count()).toBe(0);
    expect(await page.getByTestId('search').inputValue()).toBe('');
    await phlox.close();
  });

  it('that was cancelled before anything came can be begun again', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop",version="1"}' }, 1440, async (page) => {
      await page.route('**/api/v1/profile?*', () => undefined);
    });
    const { page } = phlox;
    await page.getByTestId('cancel').click();
    expect(await phlox.text('error')).toContain('You stopped it');
    await page.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    const whole = await phlox.width('main', 'total');
    expect(Math.abs((await phlox.width('main', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    await phlox.close();
  });
});
