/** Answers that take long: what the page says meanwhile, and how it is stopped. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, PhloxPage } from '../page';

describe('A long wait', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

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
