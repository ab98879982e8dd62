import { describe, expect, it } from 'vitest';
import { base, fromMs, launch, percentIn, PhloxPage, truth, untilMs, withPage } from './page';

const VERSION_1 = '{service_name="shop",version="1"}';

describe.skipIf(base === '')('Explore', () => {
  let phlox: PhloxPage;
  withPage({ query: VERSION_1, cost: '100000' }, async () => undefined, (opened) => {
    phlox = opened;
  });

  it('shows the same share of foo in the table and in the flame graph', async () => {
    const foo = await phlox.width('main', 'foo');
    const whole = await phlox.width('main', 'total');
    const share = percentIn(await phlox.cell('foo', 'total'));
    expect(Math.abs(share - 100 * truth.share)).toBeLessThan(2);
    expect(Math.abs(foo - (whole * share) / 100)).toBeLessThanOrEqual(1);
    const money = Number((await phlox.cell('foo', 'money')).replace(/[$,]/g, ''));
    expect(Math.abs(money - 1000 * share)).toBeLessThan(100);
    await phlox.screenshot('explore');
  });

  it('zooms into foo and out again', async () => {
    await phlox.clickFrame('main', 'foo');
    await expect.poll(() => phlox.param('zoom')).toBeTruthy();
    const whole = await phlox.width('main', 'total');
    expect(Math.abs((await phlox.width('main', 'foo')) - whole)).toBeLessThanOrEqual(1);
    expect(await phlox.width('main', 'bar')).toBe(0);
    expect(await phlox.text('breadcrumbs')).toContain('foo');
    await phlox.screenshot('explore-zoomed');
    await phlox.page.goBack();
    await expect.poll(() => phlox.width('main', 'bar')).toBeGreaterThan(whole * 0.2);
  });

  it('counts what a search finds', async () => {
    await phlox.frames('main');
    await phlox.page.getByTestId('search').fill('bar');
    await expect
      .poll(() => phlox.text('search-result'))
      .toMatch(/^\d+ functions?, (at least )?[\d.]+ cores, [\d.]+ %$/);
    const share = percentIn(await phlox.text('search-result'));
    expect(Math.abs(share - percentIn(await phlox.cell('bar', 'total')))).toBeLessThan(0.2);
    expect(phlox.param('search')).toBe('bar');
    await phlox.screenshot('explore-search');
  });

  it('takes a range dragged on the timeline', async () => {
    await phlox.page.locator('.uplot').waitFor();
    const box = await phlox.page.locator('[data-testid="timeline-plot"] .u-over').boundingBox();
    const { x = 0, y = 0, width = 0, height = 0 } = box ?? {};
    await phlox.page.mouse.move(x + width * 0.25, y + height / 2);
    await phlox.page.mouse.down();
    await phlox.page.mouse.move(x + width * 0.75, y + height / 2, { steps: 5 });
    await phlox.page.mouse.up();
    await expect.poll(() => phlox.param('from')).toMatch(/^\d{4}-/);
    const chosen = [Date.parse(phlox.param('from') ?? ''), Date.parse(phlox.param('until') ?? '')] as const;
    const length = untilMs - fromMs;
    expect(Math.abs((chosen[0] - fromMs) / length - 0.25)).toBeLessThan(0.05);
    expect(Math.abs((chosen[1] - fromMs) / length - 0.75)).toBeLessThan(0.05);
    await phlox.page.goBack();
    await expect.poll(() => phlox.param('from')).toBe(String(fromMs));
  });

  it('can be used by key alone', async () => {
    await phlox.frames('main');
    await phlox.page.keyboard.press('?');
    await phlox.page.getByTestId('keys-dialog').waitFor();
    await phlox.page.keyboard.press('Escape');
    await phlox.page.getByTestId('keys-dialog').waitFor({ state: 'detached' });
    await phlox.page.keyboard.press('/');
    await expect.poll(() => focusedTestid(phlox)).toBe('search');
    for (let i = 0; i < 20 && (await focusedTestid(phlox)) !== 'canvas-main'; i++)
      await phlox.page.keyboard.press('Tab');
    expect(await focusedTestid(phlox)).toBe('canvas-main');
    await phlox.page.keyboard.press('ArrowDown');
    await expect.poll(() => phlox.text('said-main')).toMatch(/: total [\d.]+ cores, [\d.]+ %/);
    await phlox.page.keyboard.press('Enter');
    await expect.poll(() => phlox.param('zoom')).toBeTruthy();
    await phlox.screenshot('explore-keys');
    await phlox.page.keyboard.press('Escape');
    await expect.poll(() => phlox.param('zoom')).toBeNull();
  });

  it('sorts the table', async () => {
    await phlox.frames('main');
    await phlox.page.getByTestId('sort-self').click();
    const first = phlox.page.getByTestId('row').first();
    await expect.poll(() => first.locator('[data-column="function"]').innerText()).toBe('work');
    expect(phlox.param('sort')).toBe('-self');
  });

  it('has dark colours', async () => {
    await phlox.frames('main');
    await phlox.page.getByTestId('theme').click();
    const ground = await phlox.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(
      ground
        .match(/\d+/g)
        ?.map(Number)
        .every((channel) => channel < 64),
    ).toBe(true);
    await phlox.frames('main');
    await phlox.screenshot('explore-dark');
  });

  it('says what to do where there is no data', async () => {
    await phlox.page.goto(`${base}/?query=${encodeURIComponent('{service_name="none of these"}')}`);
    await expect.poll(() => phlox.text('empty')).toContain(`phlox exec --server ${base} --service shop -- python app.py`);
    await phlox.screenshot('explore-empty');
  });
});

describe.skipIf(base === '')('Explore on a phone', () => {
  it('fits the width', async () => {
    const browser = await launch();
    const phlox = await PhloxPage.open(browser, { query: VERSION_1 }, 390);
    await phlox.frames('main');
    const wide = await phlox.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(390);
    await phlox.screenshot('explore-phone');
    await phlox.close();
    });
});

function focusedTestid(phlox: PhloxPage): Promise<string | null> {
  return phlox.page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? null);
}
