import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PhloxPage, withBrowser } from '../page';

describe('Each value of a label', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  it('has a timeline to one scale, its cores and its largest functions', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop"}', by: 'version' });
    const { page } = phlox;
    await phlox.frames('main');
    await page.getByTestId('split').click();
    const cards = page.getByTestId('value-card');
    await expect.poll(() => cards.getByTestId('value-top').count()).toBe(2);
    expect(phlox.param('split')).toBe('1');
    const texts = async (testid: string) =>
      (await cards.getByTestId(testid).allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    // 200 s of 1.00 cores and 200 s of 0.33.
    expect(await texts('value-total')).toEqual(['1.00 cores 75.2 %', '0.330 cores 24.8 %']);
    expect(await texts('value-top')).toEqual([
      expect.stringMatching(/foo 0\.750 75\.0 % bar 0\.250 25\.0 %/),
      expect.stringMatching(/bar 0\.250 75\.8 % foo 0\.080 24\.2 %/),
    ]);
    expect(await phlox.text('by-value-scale')).toBe('2 values of version, each drawn up to 1.10 cores');
    // One scale: a third of the cores is a third of the height, and each line is where its time is.
    const lines = await cards.getByTestId('value-timeline').evaluateAll((charts) =>
      charts.map((chart) => {
        const box = chart.getBoundingClientRect();
        const line = chart.querySelector('path')?.getBoundingClientRect() ?? box;
        return {
          height: (box.bottom - line.bottom) / box.height,
          left: (line.left - box.left) / box.width,
          right: (line.right - box.left) / box.width,
        };
      }),
    );
    expect(lines[0]?.height).toBeCloseTo(1 / 1.1, 1);
    expect(lines[1]?.height).toBeCloseTo(0.33 / 1.1, 1);
    expect(lines[0]?.right).toBeLessThan(0.36);
    expect(lines[1]?.left).toBeGreaterThan(0.48);
    // Each has the colour that it has in the timeline above, and nothing stands out of its card.
    const colors = await page.getByTestId('legend').locator('i').evaluateAll((swatches) => swatches.map((swatch) => getComputedStyle(swatch).backgroundColor));
    const drawn = await cards.getByTestId('value-timeline').locator('path').evaluateAll((paths) => paths.map((path) => getComputedStyle(path).stroke));
    expect(drawn).toEqual(colors.slice(0, 2));
    const beyond = await cards.evaluateAll((all) =>
      all.flatMap((card) => {
        const right = card.getBoundingClientRect().right - Number.parseFloat(getComputedStyle(card).paddingRight);
        return [...card.querySelectorAll('td')].filter((cell) => cell.scrollWidth > cell.clientWidth || cell.getBoundingClientRect().right > right + 1);
      }).length,
    );
    expect(beyond).toBe(0);
    await phlox.screenshot('by-value');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(1440);
    await phlox.close();
  });

  it('leads to itself, by key too', async () => {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="shop"}', by: 'version', split: '1' });
    await phlox.page.getByTestId('value-card').getByRole('button', { name: '2' }).press('Enter');
    await expect.poll(() => phlox.param('query')).toBe('{service_name="shop",version="2"}');
    const whole = await phlox.width('main', 'total');
    expect(Math.abs((await phlox.width('main', 'bar')) - (25 / 33) * whole)).toBeLessThanOrEqual(1);
    await phlox.page.goBack();
    await phlox.page.getByTestId('value-card').first().waitFor();
    await phlox.close();
  });
});
