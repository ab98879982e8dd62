import { describe, expect, it } from 'vitest';
import { fromMs, type PhloxPage, untilMs, withPage } from '../page';

describe('The timeline', () => {
  let phlox: PhloxPage;
  withPage({ query: '{service_name="shop"}' }, (opened) => opened.frames('main'), (opened) => {
    phlox = opened;
  });

  /** Moves the pointer to the middle of a bucket and reads the legend there; the chart may be drawn anew meanwhile. */
  const legendAt = (bucket: number) =>
    expect.poll(async () => {
      const box = await plotBox();
      await phlox.page.mouse.move(box.x, box.y + box.height / 2);
      await phlox.page.mouse.move(box.x + (box.width * (bucket + 0.5)) / 60, box.y + box.height / 2);
      return (await phlox.text('legend')).replace(/\s+/g, ' ');
    });

  async function plotBox() {
    const box = await phlox.page.locator('[data-testid="timeline-plot"] .u-over').boundingBox();
    return box ?? { x: 0, y: 0, width: 0, height: 0 };
  }

  it('draws use, limit and throttling, and no data as a gap', async () => {
    await expect.poll(() => phlox.text('legend')).toMatch(/limit 2.00 cores/);
    await legendAt(3).toMatch(/cores 1.00 cores limit 2.00 cores throttled 0.100 cores/);
    await legendAt(15).toMatch(/cores 1.00 cores limit 2.00 cores throttled no data/);
    await legendAt(25).toMatch(/cores no data/);
    await legendAt(35).toMatch(/cores 0.330 cores/);
    await phlox.screenshot('timeline');
  });

  it('draws one line for each value of a label', async () => {
    await phlox.page.getByTestId('group-by').selectOption('version');
    await expect.poll(() => phlox.text('legend')).toMatch(/version 1[\s\S]*version 2/);
    await legendAt(3).toMatch(/version 1 1.00 cores version 2 no data/);
    await legendAt(35).toMatch(/version 1 no data version 2 0.330 cores/);
    expect(phlox.param('by')).toBe('version');
  });

  it('shows when a searched function burned', async () => {
    await phlox.page.getByTestId('search').fill('foo');
    await expect.poll(() => phlox.text('legend')).toContain('matching “foo”');
    await legendAt(3).toContain('matching “foo” 0.750 cores');
    await legendAt(35).toContain('matching “foo” 0.080 cores');
    await phlox.screenshot('timeline-band');
  });

  it('keeps its chart and the last band while a search is typed on', async () => {
    await phlox.page.getByTestId('search').fill('fo');
    await expect.poll(() => phlox.text('legend')).toContain('matching “fo”');
    await phlox.page.locator('.uplot').evaluate((chart) => chart.setAttribute('data-kept', 'yes'));
    const seen = await phlox.page.evaluateHandle(() => {
      const texts = new Set<string>();
      const legend = document.querySelector('[data-testid=legend]');
      if (legend === null) return texts;
      new MutationObserver(() => texts.add(legend.textContent ?? '')).observe(legend, { subtree: true, childList: true, characterData: true });
      return texts;
    });
    await phlox.page.getByTestId('search').press('End');
    await phlox.page.getByTestId('search').pressSequentially('o');
    await expect.poll(() => phlox.text('legend')).toContain('matching “foo”');
    expect(await phlox.page.locator('.uplot').getAttribute('data-kept')).toBe('yes');
    // From one band to the next without a moment that has none.
    expect((await seen.evaluate((texts) => [...texts])).every((text) => text.includes('matching'))).toBe(true);
    await legendAt(35).toContain('matching “foo” 0.080 cores');
    await phlox.page.getByTestId('search').fill('');
    await expect.poll(() => phlox.text('legend')).not.toContain('matching');
  });

  it('keeps a drag that has begun when the limit arrives', async () => {
    const { page } = phlox;
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/timeline\?type=phlox_window/, async (route) => {
      await held;
      await route.continue();
    });
    await page.reload();
    await page.locator('.uplot').waitFor();
    const box = await plotBox();
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.25, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, y, { steps: 3 });
    answer();
    await expect.poll(() => phlox.text('legend')).toMatch(/limit[\s\S]*throttled/);
    await page.mouse.move(box.x + box.width * 0.75, y, { steps: 3 });
    await page.mouse.up();
    await expect.poll(() => phlox.param('from')).toMatch(/^\d{4}-/);
    const chosen = ['from', 'until'].map((end) => (Date.parse(phlox.param(end) ?? '') - fromMs) / (untilMs - fromMs));
    expect(chosen[0]).toBeCloseTo(0.25, 2);
    expect(chosen[1]).toBeCloseTo(0.75, 2);
    // The lines that came are drawn.
    await page.goBack();
    await legendAt(3).toMatch(/cores 1.00 cores limit 2.00 cores throttled 0.100 cores/);
  });

  it('shows when the zoomed function burned', async () => {
    await phlox.clickFrame('main', 'bar');
    await legendAt(35).toMatch(/bar 0.250 cores/);
  });

  it('marks a moment for all, and compares before with after', async () => {
    await phlox.page.getByTestId('add-mark').click();
    await phlox.page.getByTestId('mark-text').fill('deploy 2');
    await phlox.page.getByTestId('mark-time').fill(String(fromMs + 250_000));
    await phlox.page.keyboard.press('Enter');
    const mark = phlox.page.getByTestId('mark');
    await mark.waitFor();
    const offset = async (): Promise<number> => {
      const plot = await plotBox();
      const line = await mark.boundingBox();
      return Math.abs((line?.x ?? 0) - plot.x - (plot.width * 250_000) / (untilMs - fromMs));
    };
    await expect.poll(offset).toBeLessThanOrEqual(1);
    await phlox.screenshot('timeline-mark');
    await mark.getByTestId('mark-menu').click();
    await phlox.page.getByTestId('mark-compare').click();
    await expect
      .poll(() => phlox.text('headline'))
      .toMatch(/foo fell by 89 %.*bar is unchanged at 0.250 cores/);
    await phlox.page.goBack();
    await mark.getByTestId('mark-menu').click();
    await phlox.page.getByTestId('mark-remove').click();
    await mark.waitFor({ state: 'detached' });
  });
});
