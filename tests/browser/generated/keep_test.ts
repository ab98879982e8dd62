import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { base, type PhloxPage, withPage } from '../page';

describe('What is shown', () => {
  let phlox: PhloxPage;
  withPage({ query: '{service_name="shop",version="1"}' }, (opened) => opened.frames('main'), (opened) => {
    phlox = opened;
  });

  async function exported(format: string): Promise<Buffer> {
    await phlox.page.getByTestId('export').click();
    const [download] = await Promise.all([
      phlox.page.waitForEvent('download'),
      phlox.page.getByTestId(`export-${format}`).click(),
    ]);
    return readFileSync(await download.path());
  }

  it('can be exported as a profile', async () => {
    const folded = (await exported('folded')).toString();
    expect(folded).toContain('run (app.py:10);handle (app.py:10);foo (app.py:10) 150000000000');
  });

  it('can be exported as a table', async () => {
    expect((await exported('csv')).toString()).toContain('foo,app.py,0,app,python,150000000000,150000000000');
  });

  it('can be exported as pictures', async () => {
    const svg = (await exported('svg')).toString();
    const whole = await phlox.width('main', 'total');
    const foo = /<title>foo<\/title><rect x="[\d.]+" y="[\d.]+" width="([\d.]+)"/.exec(svg);
    expect(Math.abs(Number(foo?.[1]) - 0.75 * whole)).toBeLessThanOrEqual(1);
    expect((await exported('png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('can be kept under a name and opened by a short link', async () => {
    await phlox.page.getByTestId('search').fill('bar');
    await expect.poll(() => phlox.param('search')).toBe('bar');
    await phlox.page.getByTestId('views').click();
    await phlox.page.getByTestId('view-name').fill('bar & more');
    await phlox.page.keyboard.press('Enter');
    await phlox.page.getByTestId('view-name').waitFor({ state: 'detached' });
    await phlox.page.goto(`${base}/?view=${encodeURIComponent('bar & more')}`);
    await expect.poll(() => phlox.param('search')).toBe('bar');
    await expect.poll(() => phlox.text('search-result')).toContain('25.0 %');
    await phlox.page.getByTestId('views').click();
    await phlox.screenshot('views');
    await phlox.page.getByTestId('view-remove').click();
    await phlox.page.getByTestId('view').waitFor({ state: 'detached' });
    await phlox.page.goto(`${base}/?view=gone`);
    await expect.poll(() => phlox.text('missing-view')).toContain('“gone”');
  });
});
