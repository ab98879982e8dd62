import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromMs, launch, PhloxPage, untilMs } from '../page';

const AXE = readFileSync(
  fileURLToPath(new URL('../../../web/node_modules/axe-core/axe.min.js', import.meta.url)),
  'utf8',
);
const SHOP = '{service_name="shop"}';
const SIDES = {
  page: 'compare',
  baseline: '{service_name="shop",version="1"}',
  comparison: '{service_name="shop",version="2"}',
  baseline_from: String(fromMs),
  baseline_until: String(untilMs),
  comparison_from: String(fromMs),
  comparison_until: String(untilMs),
};

/** Texts of visible cells that are wider than their cell. Places may be cut: they are, on their left. */
function clippedCells(phlox: PhloxPage): Promise<readonly string[]> {
  return phlox.page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('tbody td.number, th.number button')]
      .filter((cell) => cell.scrollWidth > cell.clientWidth)
      .map((cell) => cell.innerText),
  );
}

async function violations(phlox: PhloxPage): Promise<readonly string[]> {
  // Playwright evaluates past the content security policy of the page, which refuses scripts like this one.
  await phlox.page.evaluate(AXE);
  return phlox.page.evaluate(async () => {
    const axe: unknown = Reflect.get(window, 'axe');
    if (typeof axe !== 'object' || axe === null) return ['axe is not there'];
    const run: unknown = Reflect.get(axe, 'run');
    if (typeof run !== 'function') return ['axe cannot run'];
    const result: { violations: { id: string; nodes: { html: string }[] }[] } = await run.call(axe, document);
    return result.violations.map(
      (entry) => `${entry.id}: ${entry.nodes.map((node) => node.html).join(' | ')}`,
    );
  });
}

describe('The page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

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

  it.each([1440, 1100])('cuts no number of a comparison off at a width of %i', async (width) => {
    const phlox = await PhloxPage.open(browser, { ...SIDES, cost: '100000' }, width);
    await phlox.page.getByTestId('row').first().waitFor();
    expect(await clippedCells(phlox)).toEqual([]);
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

  it.each(['light', 'dark'])('is accessible in %s colours', async (colors) => {
    for (const params of [{ query: SHOP, cost: '100000', by: 'version' }, SIDES]) {
      const phlox = await PhloxPage.open(browser, params);
      await phlox.page.emulateMedia({ colorScheme: colors === 'dark' ? 'dark' : 'light' });
      await phlox.page.getByTestId('row').first().waitFor();
      expect(await violations(phlox)).toEqual([]);
      await phlox.close();
    }
  });
});
