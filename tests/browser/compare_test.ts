import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { base, launch, percentIn, PhloxPage } from './page';

describe.skipIf(base === '')('Compare', () => {
  let browser: Browser;
  let phlox: PhloxPage;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  /** As a person goes there: from Explore, by the two values of a label. */
  beforeEach(async () => {
    phlox = await PhloxPage.open(browser, { query: '{service_name="shop"}', cost: '100000' });
    await phlox.frames('main');
    await phlox.page.getByTestId('page-compare').click();
    await phlox.page.getByTestId('by-label').selectOption('version');
    await phlox.page.getByTestId('by-baseline').selectOption('1');
    await phlox.page.getByTestId('by-comparison').selectOption('2');
    await expect.poll(() => phlox.param('comparison')).toContain('version="2"');
    await phlox.frames('diff');
    await expect.poll(() => phlox.cell('bar', 'percent')).toBe('unchanged');
  });
  afterEach(() => phlox.close());

  it('says in a sentence and in money what changed', async () => {
    expect(await phlox.text('headline')).toMatch(/foo fell by [89]\d %.*bar is unchanged at [\d.]+ cores/);
    const [, after = ''] = /^\$100,000 → \$([\d,]+) a year$/.exec(await phlox.text('money')) ?? [];
    const amount = Number(after.replace(',', ''));
    expect(amount).toBeGreaterThan(30000);
    expect(amount).toBeLessThan(38000);
    await phlox.screenshot('compare');
  });

  it('shows bar unchanged, in the table and in the graphs', async () => {
    expect(await phlox.cell('bar', 'percent')).toBe('unchanged');
    expect(await phlox.cell('foo', 'percent')).toMatch(/^−[89]\d %$/);
    const before = await phlox.width('baseline', 'bar');
    const after = await phlox.width('comparison', 'bar');
    expect(Math.abs(after - before)).toBeLessThanOrEqual(1 + 0.03 * before);
    const whole = await phlox.width('diff', 'total');
    expect(Math.abs((await phlox.width('diff', 'foo')) / whole - 0.75)).toBeLessThan(0.05);
    const row = phlox.page.getByTestId('row').first();
    expect(await row.locator('[data-column="change"]').innerText()).toMatch(/^−0\.\d+$/);
  });

  it('zooms all three graphs together', async () => {
    await phlox.clickFrame('diff', 'foo');
    for (const graph of ['diff', 'baseline']) {
      await expect.poll(() => phlox.width(graph, 'bar')).toBe(0);
    }
    const narrow = (await phlox.width('comparison', 'foo')) / (await phlox.width('baseline', 'foo'));
    expect(narrow).toBeLessThan(0.2);
    await phlox.screenshot('compare-zoomed');
  });

  it('can be asked for shares, and then shows bar growing', async () => {
    await phlox.page.getByTestId('color-by').selectOption('share');
    await expect.poll(() => phlox.param('color')).toBe('share');
    const shares = await phlox.cell('bar', 'share');
    expect(percentIn(shares)).toBeLessThan(30);
    expect(percentIn(shares.split('→')[1] ?? '')).toBeGreaterThan(60);
    await phlox.screenshot('compare-share');
  });

  it('is whole in its address', async () => {
    const [sentence, address] = [await phlox.text('headline'), phlox.page.url()];
    await phlox.page.goto('about:blank');
    await phlox.page.goto(address);
    await expect.poll(() => phlox.text('headline')).toBe(sentence);
  });
});
