/** Which stretch of time is shown: typed, picked, in which zone, and following the clock. */
import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { base, BOTH_VERSIONS, fromMs, PhloxPage, untilMs, withBrowser } from '../page';

const SHOP = { query: '{service_name="shop"}' };
const DAY_MS = 86400e3;

describe('A range', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  it('is typed as people say it, as a time, or picked', async () => {
    const phlox = await PhloxPage.open(browser, { ...SHOP, utc: '1' });
    const from = phlox.page.getByTestId('range-from');
    const type = async (text: string): Promise<void> => {
      await from.fill(text);
      await from.press('Enter');
    };
    await type('last 3 h');
    await expect.poll(() => phlox.param('from')).toBe('now-3h');
    expect(phlox.param('until')).toBeNull();
    await type(new Date(fromMs).toISOString());
    await expect.poll(() => Date.parse(phlox.param('from') ?? '')).toBe(fromMs);
    await type('some time ago');
    await expect.poll(() => phlox.page.getByRole('alert').innerText()).toContain('Try now-15m, last 3 h');
    expect(await from.getAttribute('aria-invalid')).toBe('true');
    expect(Date.parse(phlox.param('from') ?? '')).toBe(fromMs);
    await phlox.page.getByTestId('range-quick').selectOption('now-12h');
    await expect.poll(() => from.inputValue()).toBe('now-12h');
    await phlox.close();
  });

  it('is shown in the time of here or in UTC', async () => {
    const phlox = await PhloxPage.open(browser, SHOP, 1440, async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Emulation.setTimezoneOverride', { timezoneId: 'Asia/Kolkata' });
    });
    const from = phlox.page.getByTestId('range-from');
    const asText = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
    await expect.poll(() => from.inputValue()).toBe(asText(fromMs + 5.5 * 3600e3));
    await phlox.page.getByTestId('utc').click();
    await expect.poll(() => from.inputValue()).toBe(asText(fromMs));
    expect(phlox.param('utc')).toBe('1');
    await phlox.close();
  });

  it('follows the clock while it is live', async () => {
    const ends: number[] = [];
    // Its clock would be that of all pages of a window.
    const own = await browser.newContext();
    const phlox = await PhloxPage.open(own, { ...SHOP, from: 'now-3h', until: 'now' }, 1440, async (page) => {
      await page.clock.install();
      page.on('request', (request) => {
        const { pathname, searchParams } = new URL(request.url());
        if (pathname === '/api/v1/profile') ends.push(Number(searchParams.get('until')));
      });
    });
    await phlox.page.getByTestId('row').first().waitFor();
    const before = ends.length;
    await phlox.page.getByTestId('live').click();
    await expect.poll(() => ends.length).toBe(before + 1);
    await phlox.page.clock.fastForward(10_000);
    await expect.poll(() => ends.length).toBe(before + 2);
    expect((ends.at(-1) ?? 0) - (ends.at(-2) ?? 0)).toBeGreaterThanOrEqual(9_000);
    await phlox.page.getByTestId('live').click();
    await phlox.page.clock.fastForward(30_000);
    await phlox.page.getByTestId('range-quick').selectOption('now-12h');
    await expect.poll(() => ends.length).toBe(before + 3);
    await phlox.close();
    await own.close();
  });

  it.each([
    ['previous', untilMs - fromMs],
    ['week', 7 * DAY_MS],
  ] as const)('is compared with another by a click: %s', async (preset, back) => {
    const phlox = await PhloxPage.open(browser, { ...BOTH_VERSIONS, baseline: '{service_name="wide"}' });
    await phlox.frames('diff');
    await phlox.page.getByTestId(`preset-${preset}`).click();
    await expect.poll(() => phlox.param('baseline')).toBe(BOTH_VERSIONS.comparison);
    expect(Date.parse(phlox.param('baseline_from') ?? '')).toBe(fromMs - back);
    expect(Date.parse(phlox.param('baseline_until') ?? '')).toBe(untilMs - back);
    expect(phlox.param('comparison_from')).toBe(String(fromMs));
    // There is nothing so long ago, and the page says of which side.
    await expect.poll(() => phlox.text('empty')).toContain('The baseline has no profiles in its range.');
    // The other side has some: it is not an agent that is missing.
    expect(await phlox.text('empty')).not.toContain('phlox exec');
    await phlox.close();
  });

  it('is compared before a mark with after it', async () => {
    const at = fromMs + 250_000;
    const shop = BOTH_VERSIONS.comparison;
    const phlox = await PhloxPage.open(browser, { ...BOTH_VERSIONS, baseline: shop, comparison: '{service_name="shop"}' });
    await phlox.frames('diff');
    const mark = { text: 'deploy 3', at: new Date(at).toISOString(), selector: '{service_name="shop"}' };
    const kept = await phlox.page.request.put(`${base}/api/v1/annotations`, { data: mark });
    expect(kept.status()).toBe(200);
    await phlox.page.reload();
    const marks = phlox.page.getByTestId('preset-mark');
    await marks.selectOption({ index: 1 });
    const ends = ['baseline_from', 'baseline_until', 'comparison_from', 'comparison_until'];
    const moments = () => ends.map((name) => Date.parse(phlox.param(name) ?? ''));
    const length = untilMs - fromMs;
    await expect.poll(moments).toEqual([at - length, at, at, at + length]);
    expect(phlox.param('baseline')).toBe('{service_name="shop"}');
    await expect.poll(() => phlox.text('headline')).toMatch(/foo fell by 89 %/);
    const { id } = (await kept.json()) as { readonly id: string };
    await phlox.page.request.delete(`${base}/api/v1/annotations?id=${id}`);
    await phlox.close();
  });

  it('is compared with that of a day before', async () => {
    const phlox = await PhloxPage.open(browser, { ...BOTH_VERSIONS, comparison: BOTH_VERSIONS.baseline });
    await phlox.frames('diff');
    await phlox.page.getByTestId('preset-yesterday').click();
    await expect.poll(() => Date.parse(phlox.param('baseline_from') ?? '')).toBe(fromMs - DAY_MS);
    expect(Date.parse(phlox.param('baseline_until') ?? '')).toBe(untilMs - DAY_MS);
    await expect.poll(() => phlox.text('headline')).toMatch(/^Total CPU rose by 100 %, from 0.500 to 1.000 cores\./);
    const before = await phlox.width('baseline', 'total');
    expect(Math.abs((await phlox.width('comparison', 'total')) - 2 * before)).toBeLessThanOrEqual(2);
    await phlox.close();
  });
});
