import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { base, changeIn, percentIn, PhloxPage, truth, withPage } from './page';

/** How far a ratio of the page may be from the truth: the page calls a change below 3 % none, and samples are no census. */
const NEAR = 0.04;

/** "$100,000 → $33,000 a year" -> 0.33 */
function partKept(money: string): number {
  const [, after = ''] = /^\$100,000 → \$([\d,]+) a year$/.exec(money) ?? [];
  return after === '' ? Number.NaN : Number(after.replace(',', '')) / 100_000;
}

describe.skipIf(base === '')('Compare', () => {
  let browser: Browser;
  let phlox: PhloxPage;
  /** As a person goes there: from Explore, by the two values of a label. */
  withPage(
    { query: '{service_name="shop"}', cost: '100000' },
    async (opened) => {
      await opened.frames('main');
      await opened.page.getByTestId('page-compare').click();
      await opened.page.getByTestId('by-label').selectOption('version');
      await opened.page.getByTestId('by-baseline').selectOption('1');
      await opened.page.getByTestId('by-comparison').selectOption('2');
      await expect.poll(() => opened.param('comparison')).toContain('version="2"');
      await opened.frames('diff');
      await expect.poll(() => opened.cell('bar', 'percent')).not.toBe('');
    },
    (opened, launched) => {
      [phlox, browser] = [opened, launched];
    },
  );

  it('says in a sentence and in money what changed', async () => {
    const headline = await phlox.text('headline');
    expect(headline).toMatch(/foo fell by [89]\d %/);
    if ((await phlox.cell('bar', 'percent')) === 'unchanged')
      expect(headline).toMatch(/bar is unchanged at [\d.]+ cores/);
    expect(Math.abs(partKept(await phlox.text('money')) - truth.total)).toBeLessThan(0.02);
    await phlox.screenshot('compare');
  });

  it('shows what bar and foo really did, in the table and in the graphs', async () => {
    expect(Math.abs(changeIn(await phlox.cell('bar', 'percent')) - (truth.bar - 1))).toBeLessThan(NEAR);
    expect(Math.abs(changeIn(await phlox.cell('foo', 'percent')) - (truth.foo - 1))).toBeLessThan(0.02);
    const before = await phlox.width('baseline', 'bar');
    const after = await phlox.width('comparison', 'bar');
    expect(Math.abs(after - truth.bar * before)).toBeLessThanOrEqual(1 + NEAR * before);
    // Each frame is as wide as the greater of its two values, so that the whole is foo before and bar at its dearest.
    const whole = await phlox.width('diff', 'total');
    const share = truth.share / (1 + 0.25 * Math.max(0, truth.bar - 1));
    expect(Math.abs((await phlox.width('diff', 'foo')) / whole - share)).toBeLessThan(0.05);
    const row = phlox.page.getByTestId('row').first();
    expect(await row.locator('[data-column="change"]').innerText()).toMatch(/^−0\.\d+$/);
  });

  it('is what a what-if of version 1 alone had predicted', async () => {
    // What the change was meant to do: foo takes 32,000 steps where it took 300,000.
    const before = await PhloxPage.open(browser, {
      query: '{service_name="shop",version="1"}',
      cost: '100000',
      scale: '32000/300000*foo',
    });
    await expect.poll(() => before.page.getByTestId('what-if-cores-bill').count()).toBe(1);
    const predicted = partKept(await before.text('what-if-cores-bill'));
    await before.screenshot('what-if-demo');
    await before.close();
    // bar was not touched: by how much it differs is the machine, which was then as much slower for all of version 2.
    const measured = partKept(await phlox.text('money')) / truth.bar;
    expect(Math.abs(predicted - measured)).toBeLessThan(0.03);
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
    expect(percentIn(shares.split('→')[1] ?? '')).toBeGreaterThan(50);
    await phlox.screenshot('compare-share');
  });

  it('is whole in its address', async () => {
    const [sentence, address] = [await phlox.text('headline'), phlox.page.url()];
    await phlox.page.goto('about:blank');
    await phlox.page.goto(address);
    await expect.poll(() => phlox.text('headline')).toBe(sentence);
  });
});
