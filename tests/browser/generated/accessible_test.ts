/** axe-core over every view of the page and all that opens on it, in light and dark, at the width of a desk and of a phone. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base, BOTH_VERSIONS, fromMs, PhloxPage, withBrowser } from '../page';

const SHOP = { query: '{service_name="shop"}', cost: '100000' };
const RENAMED = { baseline: '{service_name="renamed",version="1"}', comparison: '{service_name="renamed",version="2"}' };
const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;
/** What colours decide; all else is the same in light and dark. */
const OF_COLORS = ['color-contrast', 'link-in-text-block'];

interface Shown {
  readonly params: { readonly [name: string]: string };
  /** Leads there, and waits for what is to be looked at. */
  readonly show: (phlox: PhloxPage) => Promise<unknown>;
  /** An answer that never comes. */
  readonly withheld?: string;
}

const until =
  (testid: string) =>
  (phlox: PhloxPage): Promise<void> =>
    phlox.page.getByTestId(testid).first().waitFor();

const frames =
  (graph: string) =>
  (phlox: PhloxPage): Promise<unknown> =>
    phlox.frames(graph);

async function pointTo(phlox: PhloxPage, graph: string, name: string, button?: 'right'): Promise<void> {
  const frame = (await phlox.frames(graph)).find((entry) => entry.name === name);
  const position = { x: (frame?.x ?? 0) + 5, y: (frame?.y ?? 0) + 5 };
  const canvas = phlox.page.getByTestId(`canvas-${graph}`);
  if (button === undefined) await canvas.hover({ position });
  else await canvas.click({ position, button });
}

async function fill(phlox: PhloxPage, testid: string, text: string): Promise<void> {
  await phlox.page.getByTestId(testid).fill(text);
  await phlox.page.getByTestId(testid).press('Enter');
}

const VIEWS: { readonly [name: string]: Shown } = {
  'a service': { params: { ...SHOP, by: 'version' }, show: frames('main') },
  'a flame graph upwards, by kind, of hidden frames': {
    params: { ...SHOP, orientation: 'flame', paint: 'kind', hide: 'handle', show: 'graph' },
    show: frames('main'),
  },
  'a search in a zoomed graph': { params: { ...SHOP, search: 'foo', zoom: '@0.2,0.5' }, show: until('reset-zoom') },
  'the call tree': { params: { ...SHOP, table: 'calls' }, show: until('table-calls') },
  'a sandwich': { params: { ...SHOP, sandwich: 'handle' }, show: frames('callers') },
  'a graph from below': { params: { ...SHOP, invert: 'true' }, show: frames('main') },
  'each value of a label': {
    params: { ...SHOP, by: 'version', split: '1' },
    show: (phlox) => phlox.page.getByTestId('value-top').nth(1).waitFor(),
  },
  'a source file': { params: { query: '{service_name="lines"}', source: 'app.py:4' }, show: until('row') },
  'a what-if': { params: { ...SHOP, scale: '8000/75000*foo' }, show: until('what-if-servers-bill') },
  'a comparison': { params: { ...BOTH_VERSIONS, cost: '100000' }, show: frames('diff') },
  'a comparison by request and share': {
    params: { ...BOTH_VERSIONS, requests: '100,50', color: 'share' },
    show: until('per-request'),
  },
  'functions to be joined': {
    params: { ...BOTH_VERSIONS, ...RENAMED },
    show: async (phlox) => {
      await phlox.page.getByTestId('join-with').first().click();
      await until('joining')(phlox);
    },
  },
  'prices and times that are none': {
    params: { query: SHOP.query },
    show: async (phlox) => {
      await fill(phlox, 'cost', 'a lot');
      await fill(phlox, 'range-from', 'some time ago');
      await phlox.page.getByRole('alert').waitFor();
    },
  },
  'the keys': {
    params: SHOP,
    show: async (phlox) => {
      await phlox.frames('main');
      await phlox.page.keyboard.press('?');
      await until('keys-dialog')(phlox);
    },
  },
  'a view that is not kept': { params: { view: 'gone' }, show: until('missing-view') },
  'a service without profiles': { params: { query: '{service_name="none"}' }, show: until('empty') },
  'a side without profiles': { params: { ...BOTH_VERSIONS, baseline: '{service_name="none"}' }, show: until('empty') },
  'an error': { params: { ...SHOP, from: 'nonsense' }, show: until('error') },
  'a long wait': { params: SHOP, withheld: '**/api/v1/profile?*', show: until('cancel') },
};

/** What opens over a page and Escape closes, each looked at by itself: the page below is that of VIEWS. */
const PANELS: { readonly [name: string]: { readonly open: (phlox: PhloxPage) => Promise<unknown>; readonly at: string } } = {
  ...Object.fromEntries(
    ['views', 'upload', 'add-mark', 'mark-menu', 'export', 'transform', 'add-label'].map((testid) => [
      testid,
      { open: ({ page }: PhloxPage) => page.getByTestId(testid).click(), at: '.menu-panel' },
    ]),
  ),
  services: {
    open: async ({ page }) => {
      await page.getByTestId('service-picker').click();
      await page.getByTestId('service-row').nth(5).waitFor();
    },
    at: '.menu-panel',
  },
  selector: {
    open: async ({ page }) => {
      await page.getByTestId('edit-selector').click();
      await page.getByTestId('selector-text').fill('');
      await page.getByTestId('selector-text').pressSequentially('{serv');
      await page.getByTestId('selector-choice').first().waitFor();
    },
    at: '.menu-panel',
  },
  tooltip: { open: (phlox) => pointTo(phlox, 'main', 'foo'), at: '.tooltip' },
  'menu of a frame': { open: (phlox) => pointTo(phlox, 'main', 'foo', 'right'), at: '.frame-menu' },
  'menu of a row': {
    open: async ({ page }) => {
      // The frame's menu has selected it.
      await page.getByTestId('row-menu').click();
    },
    at: '.frame-menu',
  },
};

describe('axe-core finds nothing wrong', () => {
  let browser: Browser;
  let markId = '';
  withBrowser((launched) => {
    browser = launched;
  });

  const change = async (path: string, method: 'PUT' | 'DELETE', body?: object): Promise<unknown> => {
    const answer = await fetch(`${base}/api/v1/${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    expect(answer.ok).toBe(true);
    return answer.json().catch(() => null);
  };

  beforeAll(async () => {
    const at = new Date(fromMs + 250_000).toISOString();
    const kept = await change('annotations', 'PUT', { text: 'deploy 4', at, selector: SHOP.query });
    markId = String(Reflect.get(Object(kept), 'id'));
    await change('views', 'PUT', { name: 'what the shop takes', address: '?query=x' });
  });
  afterAll(async () => {
    await change(`annotations?id=${markId}`, 'DELETE');
    await change('views?name=what%20the%20shop%20takes', 'DELETE');
  });

  /** In light and dark, with all that a screen of this size has. */
  async function look(phlox: PhloxPage, size: (typeof SIZES)[number], within?: string): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await phlox.page.emulateMedia({ colorScheme });
      await phlox.page.locator(`html[data-theme=${colorScheme}]`).waitFor();
      const found = await phlox.violations({ within, ...(colorScheme === 'dark' && { rules: OF_COLORS }) });
      expect(found, `${within ?? 'the page'} at a width of ${size.width}, ${colorScheme}`).toEqual([]);
    }
  }

  it.each(Object.keys(VIEWS))('with %s', async (name) => {
    const { params = {}, show, withheld } = VIEWS[name] ?? {};
    const phlox = await PhloxPage.open(browser, params, SIZES[0].width, async (page) => {
      if (withheld !== undefined) await page.route(withheld, () => undefined);
    });
    await show?.(phlox);
    for (const size of SIZES) {
      await phlox.page.setViewportSize(size);
      // By key: a press elsewhere would close what is open.
      if (size.width < 800 && name !== 'the keys') await phlox.page.getByTestId('header-more').press('Enter');
      await look(phlox, size);
    }
    await phlox.close();
  });

  it.each(SIZES)('with all that opens over a page $width pixels wide', async (size) => {
    const phlox = await PhloxPage.open(browser, SHOP, size.width);
    const { page } = phlox;
    await page.setViewportSize(size);
    await phlox.frames('main');
    if (size.width < 800) await page.getByTestId('header-more').press('Enter');
    for (const [name, { open, at }] of Object.entries(PANELS)) {
      await open(phlox);
      expect(await page.locator(at).count(), name).toBe(1);
      await look(phlox, size, at);
      await page.mouse.move(0, 0);
      await page.keyboard.press('Escape');
      await page.locator(at).waitFor({ state: 'detached' });
    }
    await phlox.close();
  });
});
