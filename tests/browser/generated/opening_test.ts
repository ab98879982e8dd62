/** What the page asks for when it is opened, and in what order: first the picture, then what stands beside it. */
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { base, BOTH_VERSIONS, fromMs, PhloxPage, untilMs, withBrowser } from '../page';

const DAY_MS = 86400e3;
const BESIDE = ['services', 'ProfileTypes', 'LabelNames', 'annotations', 'prices', 'views'];

describe('The page, when it is opened,', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  const nameOf = (url: string): string => new URL(url).pathname.split('/').pop() ?? '';

  /** Opens the page, holds the answer to `picture` back, and tells what was asked before it and in all. */
  async function opened(picture: string, params: { readonly [name: string]: string }) {
    const asked: string[] = [];
    let beforeThePicture: readonly string[] = [];
    const phlox = await PhloxPage.open(browser, params, 1440, async (page: Page) => {
      page.on('request', (request) => asked.push(nameOf(request.url())));
      await page.route(`**/api/v1/${picture}?*`, async (route) => {
        const answer = await route.fetch();
        // All that is asked meanwhile has gone out when the page has nothing more to do.
        await page.evaluate(() => new Promise((done) => requestIdleCallback(done)));
        if (beforeThePicture.length === 0) beforeThePicture = [...asked];
        await route.fulfill({ response: answer });
      });
    });
    await expect.poll(() => BESIDE.filter((name) => !asked.includes(name))).toEqual([]);
    await phlox.page.unrouteAll({ behavior: 'wait' });
    await phlox.close();
    return beforeThePicture;
  }

  it.each([
    ['profile', { query: '{service_name="shop"}' }],
    ['profile', {}],
    ['diff', BOTH_VERSIONS],
  ] as const)('asks for the %s before what stands beside it', async (picture, params) => {
    const before = await opened(picture, params);
    expect(before).toContain(picture);
    expect(before.filter((name) => BESIDE.includes(name))).toEqual([]);
  });

  /** All that is asked for until nothing is missing, by the page and by what the server announced. */
  async function askedBy(address: string): Promise<readonly URL[]> {
    const asked: URL[] = [];
    const page = await browser.newPage();
    page.on('request', (request) => asked.push(new URL(request.url())));
    await page.goto(address);
    const names = (): string[] => asked.map(({ href }) => nameOf(href));
    await expect.poll(() => BESIDE.filter((name) => !names().includes(name))).toEqual([]);
    await page.close();
    return asked;
  }

  it.each(['', `?from=${fromMs}&until=${untilMs}`])('asks once for the largest service, at /%s', async (search) => {
    const asked = await askedBy(`${base}/${search}`);
    for (const name of ['profile', 'timeline']) {
      const requests = asked.filter(({ href, searchParams }) => nameOf(href) === name && !searchParams.get('type')?.startsWith('phlox_window:'));
      expect(requests.map(({ searchParams }) => searchParams.get('largest'))).toEqual(['service_name']);
    }
  });

  it('gets the columns of that service as bytes, though a preloaded request has no header for it', async () => {
    const page = await browser.newPage();
    const [answer] = await Promise.all([
      page.waitForResponse((response) => nameOf(response.url()) === 'profile'),
      page.goto(`${base}/`),
    ]);
    expect(answer.headers()['content-type']).toBe('application/vnd.phlox.columns');
    await page.close();
  });

  it.each([
    ['main', { query: '{service_name="shop"}' }],
    ['diff', BOTH_VERSIONS],
  ] as const)('draws the graph %s before it fills the table beside it', async (graph, params) => {
    const phlox = await PhloxPage.open(browser, params, 1440, async (page) => {
      await page.addInitScript((id) => {
        new MutationObserver((_, observer) => {
          if (document.querySelector('[data-testid=row]') === null) return;
          observer.disconnect();
          Reflect.set(window, 'drawnBefore', window.phlox?.flamegraph(id)?.frames().length);
        }).observe(document, { childList: true, subtree: true });
      }, graph);
    });
    await phlox.page.getByTestId('row').first().waitFor();
    // total, run, handle, bar and foo
    expect(await phlox.page.evaluate(() => Reflect.get(window, 'drawnBefore'))).toBe(5);
    await phlox.close();
  });

  it('does not let a table wait for a graph where there is none', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop"}', show: 'table' });
    await phlox.page.getByTestId('row').first().waitFor();
    expect(await phlox.page.getByTestId('flamegraph-main').count()).toBe(0);
    await phlox.close();
  });

  it('reads what draws the timeline after the picture, unless that takes long', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop"}' });
    await phlox.page.locator('.uplot').waitFor();
    const [picture, chart] = await phlox.page.evaluate(() => {
      const entries = performance
        .getEntriesByType('resource')
        .filter((entry): entry is PerformanceResourceTiming => entry instanceof PerformanceResourceTiming);
      const named = (name: string) => entries.find((entry) => entry.name.includes(name));
      return [named('/api/v1/profile')?.responseEnd ?? Infinity, named('/uPlot')?.startTime ?? 0] as const;
    });
    expect(chart).toBeGreaterThan(Math.min(picture, 1000));
    await phlox.close();
    // A picture that does not come does not hold the timeline up.
    const slow = await PhloxPage.open(browser, { query: '{service_name="shop"}' }, 1440, async (page) => {
      await page.route('**/api/v1/profile?*', () => undefined);
    });
    await slow.page.locator('.uplot').waitFor();
    expect(await slow.page.getByTestId('flamegraph-main').count()).toBe(0);
    await slow.close();
  });

  it('weighs at most 200 kB of compressed script, the chart included', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop"}' });
    await phlox.page.locator('.uplot').waitFor();
    const scripts = await phlox.page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter((entry): entry is PerformanceResourceTiming => entry instanceof PerformanceResourceTiming)
        .filter((entry) => entry.name.endsWith('.js'))
        .map((entry) => ({ sent: entry.encodedBodySize, text: entry.decodedBodySize })),
    );
    expect(scripts).toHaveLength(2);
    for (const { sent, text } of scripts) expect(sent).toBeLessThan(text);
    expect(scripts.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThanOrEqual(200_000);
    await phlox.close();
  });

  it('says in the address which service it shows', async () => {
    const phlox = await PhloxPage.open(browser, {});
    await expect.poll(() => phlox.param('query')).toMatch(/^\{service_name="\w+"\}$/);
    await phlox.frames('main');
    await phlox.close();
  });

  it('has its menus also where there is nothing to show', async () => {
    const asked: string[] = [];
    const before = { from: String(fromMs - 30 * DAY_MS), until: String(untilMs - 30 * DAY_MS) };
    const phlox = await PhloxPage.open(browser, before, 1440, async (page) => {
      page.on('request', (request) => asked.push(nameOf(request.url())));
    });
    await expect.poll(() => BESIDE.filter((name) => !asked.includes(name))).toEqual([]);
    await phlox.page.goto(`${base}/?from=nonsense`);
    asked.length = 0;
    await phlox.page.reload();
    await expect.poll(() => asked.includes('views')).toBe(true);
    await phlox.close();
  });
});
