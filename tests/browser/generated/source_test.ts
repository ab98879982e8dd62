import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PhloxPage, withBrowser } from '../page';

describe('The source of a frame', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  it('is shown with the heat of each line', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="lines"}' });
    const { page } = phlox;
    const frame = (await phlox.frames('main')).find((entry) => entry.name === 'foo');
    const position = { x: (frame?.x ?? 0) + 5, y: (frame?.y ?? 0) + 5 };
    await page.getByTestId('canvas-main').click({ position, button: 'right' });
    await page.getByTestId('frame-source').click();
    expect(phlox.param('source')).toBe('app.py');
    await expect.poll(() => phlox.text('source-total')).toBe('app.py 0.800 cores self, 100.0 %');
    const rows = page.getByTestId('row');
    await expect.poll(() => rows.count()).toBe(10);
    const cells = async (row: number) =>
      (await rows.nth(row - 1).locator('td').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
    expect(await cells(3)).toEqual(['3', '0.150 18.8 %', '0.150 18.8 %', 'for number in numbers:']);
    expect(await cells(4)).toEqual(['4', '0.600 75.0 %', '0.600 75.0 %', 'total += number * number # <b>hot</b>']);
    expect(await cells(10)).toEqual(['10', '0.050 6.3 %', '0.800 100.0 %', 'foo(range(1000))']);
    expect(await cells(1)).toEqual(['1', '', '', 'def foo(numbers):']);
    // The hottest line is painted most, a line without values not at all; code is indented as it is written.
    const look = (row: number) =>
      rows
        .nth(row - 1)
        .getByTestId('code')
        .evaluate((code) => {
          const range = document.createRange();
          range.selectNodeContents(code);
          const paint = getComputedStyle(code).backgroundColor;
          const alpha = Number(/[/,]\s*([\d.]+)\)$/.exec(paint)?.[1] ?? 1);
          return { alpha, white: code.textContent.length - code.textContent.trimStart().length };
        });
    expect((await look(4)).alpha).toBeCloseTo(0.4, 2);
    expect((await look(3)).alpha).toBeCloseTo(0.1, 2);
    expect((await look(1)).alpha).toBe(0);
    expect((await look(4)).white).toBe(8);
    const boxes = await Promise.all([1, 2].map((row) => rows.nth(row - 1).boundingBox()));
    expect((boxes[1]?.y ?? 0) - (boxes[0]?.y ?? 0)).toBe(26);
    await phlox.screenshot('source');
    await page.getByTestId('sort-self').click();
    await expect.poll(async () => (await cells(1))[0]).toBe('4');
    await page.getByTestId('source-close').click();
    await phlox.frames('main');
    expect(phlox.param('source')).toBeNull();
    await phlox.close();
  });

  it('is opened at its line, and says why there is no text', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="lines"}', source: 'app.py:4' });
    await expect.poll(() => phlox.page.locator('tr.selected td').first().innerText()).toBe('4');
    await phlox.close();
    const other = await PhloxPage.open(browser, { query: '{service_name="lines"}', source: '/etc/other.py' });
    await expect.poll(() => other.text('no-text')).toContain('the source directory has no /etc/other.py');
    await other.close();
  });
});
