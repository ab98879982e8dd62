import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { percentIn, PhloxPage, withBrowser } from '../page';

describe('The call tree', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  const rowsOf = (phlox: PhloxPage) =>
    phlox.page
      .getByTestId('row')
      .evaluateAll((rows) =>
        rows.map((row) => `${row.getAttribute('aria-level')} ${row.querySelector('.function')?.textContent ?? ''}`),
      );

  const cellOf = async (phlox: PhloxPage, name: string, column: string): Promise<string> => {
    const row = phlox.page.getByTestId('row').filter({ has: phlox.page.getByText(name, { exact: true }) });
    return (await row.locator(`[data-column="${column}"]`).innerText()).replace(/\s+/g, ' ');
  };

  it('opens along the way of most, with values, share and money', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop",version="1"}', cost: '100000' });
    await phlox.frames('main');
    await phlox.page.getByTestId('call-tree').click();
    await expect.poll(() => rowsOf(phlox)).toEqual(['1 total', '2 run', '3 handle', '4 foo', '4 bar']);
    expect(phlox.param('table')).toBe('calls');
    expect(await cellOf(phlox, 'foo', 'total')).toBe('0.750 75.0 %');
    expect(await cellOf(phlox, 'handle', 'self')).toBe('0 0 %');
    expect(await cellOf(phlox, 'bar', 'money')).toBe('$25,000');
    const whole = await phlox.width('main', 'total');
    const share = percentIn(await cellOf(phlox, 'foo', 'total')) / 100;
    expect(Math.abs((await phlox.width('main', 'foo')) - share * whole)).toBeLessThanOrEqual(1);
    // A callee is indented by as much as its level says.
    const left = async (name: string) =>
      (await phlox.page.getByTestId('table-calls').getByText(name, { exact: true }).boundingBox())?.x ?? 0;
    expect((await left('foo')) - (await left('handle'))).toBe(14);
    await phlox.screenshot('call-tree');
    await phlox.close();
  });

  it('is opened, closed and zoomed by key, and the address keeps it', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop",version="1"}', table: 'calls' });
    const { page } = phlox;
    await phlox.frames('main');
    await page.getByRole('treegrid').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowLeft']) await page.keyboard.press(key);
    await expect.poll(() => rowsOf(phlox)).toEqual(['1 total', '2 run', '3 handle']);
    const active = () =>
      page.evaluate(() => {
        const id = document.querySelector('[role=treegrid]')?.getAttribute('aria-activedescendant');
        return document.getElementById(id ?? '')?.querySelector('.function')?.textContent;
      });
    expect(await active()).toBe('handle');
    const address = page.url();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => rowsOf(phlox)).toHaveLength(5);
    await page.keyboard.press('ArrowRight');
    await expect.poll(active).toBe('foo');
    await page.keyboard.press('Enter');
    await expect.poll(() => phlox.text('breadcrumbs')).toContain('foo');
    await expect.poll(() => rowsOf(phlox)).toEqual(['1 foo']);
    await page.goto(address);
    await expect.poll(() => rowsOf(phlox)).toEqual(['1 total', '2 run', '3 handle']);
    await phlox.close();
  });

  it('follows the graph and the search, and counts what was left out', async () => {
    const phlox = await PhloxPage.open(browser, {
      query: '{service_name="wide"}',
      table: 'calls',
      open: '',
      nodes: '200',
    });
    const { page } = phlox;
    await phlox.frames('main');
    await expect.poll(() => rowsOf(phlox)).toEqual(['1 total', '2 serve']);
    const deep = (await phlox.frames('main')).find((frame) => frame.depth === 4);
    await page.getByTestId('canvas-main').click({
      position: { x: (deep?.x ?? 0) + 1, y: (deep?.y ?? 0) + 5 },
      button: 'right',
    });
    await page.keyboard.press('Escape');
    // The frame that was chosen in the graph is shown, with its callers open.
    await expect.poll(async () => (await rowsOf(phlox)).some((row) => row === `5 ${deep?.name}`)).toBe(true);
    await expect.poll(() => page.locator('tr.selected .function').innerText()).toBe(deep?.name);
    await expect.poll(() => page.getByText(/^\d+ smaller frames?$/).count()).toBeGreaterThan(0);
    await phlox.screenshot('call-tree-wide');
    await page.getByTestId('search').fill(deep?.name ?? '');
    await expect
      .poll(() => page.locator('.call .match').allInnerTexts())
      .toEqual(expect.arrayContaining([deep?.name]));
    await phlox.close();
  });
});
