import type { Browser, Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { BOTH_VERSIONS, PhloxPage, withBrowser } from '../page';

const SHOP = '{service_name="shop"}';

/** Texts of visible cells that are wider than their cell. Places may be cut: they are, on their left. */
function clippedCells(phlox: PhloxPage): Promise<readonly string[]> {
  return phlox.page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('tbody td.number, th.number button')]
      .filter((cell) => cell.scrollWidth > cell.clientWidth)
      .map((cell) => cell.innerText),
  );
}

describe('The page', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  it.each([1440, 1100, 390])('cuts no number off at a width of %i', async (width) => {
    const phlox = await PhloxPage.open(
      browser,
      { query: SHOP, cost: '100000', show: width < 800 ? 'table' : 'both' },
      width,
    );
    await phlox.page.getByTestId('row').first().waitFor();
    expect(await clippedCells(phlox)).toEqual([]);
    await phlox.screenshot(`explore-${width}`);
    await phlox.close();
  });

  it.each([1440, 1024, 390])('fills its width with a long table at a width of %i, Self included', async (width) => {
    for (const table of ['functions', 'calls']) {
      const phlox = await PhloxPage.open(browser, { query: '{service_name="wide"}', show: 'table', table }, width);
      const shown = phlox.page.getByTestId('row').first();
      await shown.waitFor();
      const right = async (part: Locator): Promise<number> => {
        const box = await part.boundingBox();
        return (box?.x ?? 0) + (box?.width ?? 0);
      };
      const edge = await right(phlox.page.getByRole(table === 'calls' ? 'treegrid' : 'table'));
      expect(Math.abs((await right(shown.locator('td').last())) - edge)).toBeLessThanOrEqual(1);
      expect(await shown.locator('[data-column="self"]').isVisible()).toBe(true);
      await phlox.close();
    }
  });

  it('has a header of one line on a phone, and its tools behind a button', async () => {
    const phlox = await PhloxPage.open(browser, { query: SHOP, cost: '100000' }, 390);
    await phlox.frames('main');
    const header = phlox.page.locator('header');
    expect((await header.boundingBox())?.height).toBeLessThan(50);
    expect(await phlox.page.getByTestId('upload').isVisible()).toBe(false);
    await phlox.page.getByTestId('header-more').press('Enter');
    for (const name of ['upload', 'views', 'cost', 'utc', 'theme', 'keys'])
      expect(await phlox.page.getByTestId(name).isVisible()).toBe(true);
    expect(await phlox.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await phlox.screenshot('header-phone');
    await phlox.close();
  });

  it.each(['add-label', 'edit-selector', 'add-mark', 'transform', 'export'])('keeps the panel of %s on a phone', async (menu) => {
    const phlox = await PhloxPage.open(browser, { query: SHOP }, 390);
    await phlox.frames('main');
    await phlox.page.getByTestId(menu).click();
    const panel = phlox.page.locator('.menu-panel');
    expect(await panel.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
    const box = await panel.boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
    await phlox.close();
  });

  it('says what changed first on a phone, and what to do where there is nothing', async () => {
    const phlox = await PhloxPage.open(browser, BOTH_VERSIONS, 390);
    await phlox.frames('diff');
    const top = async (testid: string) => (await phlox.page.getByTestId(testid).boundingBox())?.y ?? Infinity;
    expect(await top('headline')).toBeLessThan(await top('side-baseline'));
    await phlox.close();
    const empty = await PhloxPage.open(browser, { query: '{service_name="none"}' }, 390);
    await expect.poll(() => empty.text('empty')).toContain('--service none --pid 1234');
    expect(await empty.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await empty.close();
  });

  it('shows names in a deep call tree, and what changed in a comparison, on a phone too', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="wide"}', table: 'calls', cost: '100000' }, 390);
    const frames = await phlox.frames('main');
    const deep = frames.find(({ depth }) => depth === Math.max(...frames.map((frame) => frame.depth)));
    expect(deep?.depth).toBeGreaterThan(5);
    const position = { x: (deep?.x ?? 0) + 1, y: (deep?.y ?? 0) + 5 };
    // Chosen there, it is shown here, with its callers open.
    await phlox.page.getByTestId('canvas-main').click({ position, button: 'right' });
    await phlox.page.keyboard.press('Escape');
    const chosen = phlox.page.locator('tr.selected .function');
    await expect.poll(() => chosen.innerText()).toBe(deep?.name);
    expect((await chosen.boundingBox())?.width).toBeGreaterThan(50);
    await phlox.screenshot('call-tree-phone');
    await phlox.close();
    const compared = await PhloxPage.open(browser, { ...BOTH_VERSIONS, cost: '100000' }, 390);
    const change = compared.page.getByTestId('row').first().locator('[data-column="change"]');
    await change.waitFor();
    const box = await change.boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390 - 14);
    expect(await clippedCells(compared)).toEqual([]);
    await compared.close();
  });

  it.each([1440, 1100, 1024])('cuts no number of a comparison off at a width of %i', async (width) => {
    const phlox = await PhloxPage.open(browser, { ...BOTH_VERSIONS, cost: '100000' }, width);
    await phlox.page.getByTestId('row').first().waitFor();
    expect(await clippedCells(phlox)).toEqual([]);
    await phlox.close();
  });

  it('keeps numbers near their names on a very wide screen', async () => {
    const phlox = await PhloxPage.open(browser, BOTH_VERSIONS, 3840);
    const row = phlox.page.getByTestId('row').first();
    await row.waitFor();
    const [name, change] = [await row.locator('.function').boundingBox(), await row.locator('[data-column="change"]').boundingBox()];
    expect((change?.x ?? Infinity) - (name?.x ?? 0)).toBeLessThan(1600);
    await phlox.close();
  });

  it('shows names of all kinds as text', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="names"}' });
    await phlox.frames('main');
    const names = (await phlox.frames('main')).map((frame) => frame.name);
    expect(names).toContain('<script>alert(1)</script>');
    expect(names.some((name) => name.length === 10_000)).toBe(true);
    expect(names).toContain('\u{1f40d} snake');
    expect(await phlox.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1440);
    await phlox.screenshot('names');
    await phlox.close();
  });
});
