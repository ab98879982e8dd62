/** The page kept in one file is opened as a file, by a browser that is offline. */
import { statSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BOTH_VERSIONS, launch, PhloxPage } from '../page';

const MAX_BYTES = 1_000_000;

describe('A page in one file', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    browser = await launch();
    folder = await mkdtemp(join(tmpdir(), 'phlox-kept-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Exports what the address shows and opens the file. Whatever it asks for or complains of ends up in `complaints`. */
  async function keep(params: { readonly [name: string]: string }, graph: string) {
    const phlox = await PhloxPage.open(browser, params);
    await phlox.frames(graph);
    await phlox.page.getByTestId('export').click();
    const [download] = await Promise.all([
      phlox.page.waitForEvent('download'),
      phlox.page.getByTestId('export-html').click(),
    ]);
    const path = join(folder, `${graph}.html`);
    await rename(await download.path(), path);
    await phlox.close();
    expect(statSync(path).size).toBeLessThanOrEqual(MAX_BYTES);
    return open(path);
  }

  async function open(path: string) {
    const context = await browser.newContext({ offline: true, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (request.url() !== page.url() && !/^(file|blob|data):/.test(request.url())) complaints.push(request.url());
    });
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`file://${path}`);
    return { page, kept: PhloxPage.of(page), complaints, close: () => context.close() };
  }

  it('shows a profile without server and network', async () => {
    const { page, kept, complaints, close } = await keep(
      { query: '{service_name="shop",version="1"}', cost: '100000' },
      'main',
    );
    const whole = await kept.width('main', 'total');
    expect(whole).toBeGreaterThan(400);
    expect(Math.abs((await kept.width('main', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    expect(await kept.cell('foo', 'total')).toMatch(/75\.0 %$/);
    expect(await kept.text('kept')).toContain('{service_name="shop",version="1"}');
    expect(await kept.text('kept-cut')).toBe('Nothing was cut: all 4 frames are here.');
    await expect.poll(() => page.getByTestId('timeline-plot').locator('canvas').count()).toBe(1);
    await page.getByTestId('search').fill('bar');
    await expect.poll(() => kept.text('search-result')).toContain('25.0 %');
    await kept.screenshot('kept-profile');
    await kept.clickFrame('main', 'foo');
    await expect.poll(() => kept.width('main', 'foo')).toBe(whole);
    await page.reload();
    await expect.poll(() => kept.width('main', 'foo')).toBe(whole);
    await page.getByTestId('export').click();
    expect(await page.getByTestId('export-csv').count()).toBe(1);
    expect(await page.getByTestId('export-html').count()).toBe(0);
    expect(await kept.violations()).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });

  it('holds both sides of a comparison', async () => {
    const { kept, complaints, close } = await keep(BOTH_VERSIONS, 'diff');
    const before = await kept.width('baseline', 'bar');
    expect(before).toBeGreaterThan(50);
    expect(Math.abs((await kept.width('comparison', 'bar')) - before)).toBeLessThanOrEqual(1);
    expect(Math.abs((await kept.width('comparison', 'foo')) - (before * 8) / 25)).toBeLessThanOrEqual(1);
    expect(await kept.text('headline')).toContain('foo');
    expect(await kept.cell('bar', 'percent')).toBe('unchanged');
    expect(await kept.cell('foo', 'percent')).toBe('−89 %');
    expect(await kept.text('kept')).toContain('version="2"');
    await kept.screenshot('kept-comparison');
    expect(await kept.violations()).toEqual([]);
    expect(complaints).toEqual([]);
    await close();
  });
});
