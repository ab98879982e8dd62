import { describe, expect, it } from 'vitest';
import { type PhloxPage, withPage } from '../page';

describe('A frame', () => {
  let phlox: PhloxPage;
  withPage({ query: '{service_name="shop",version="1"}', cost: '100000' }, (opened) => opened.frames('main'), (opened) => {
    phlox = opened;
  });

  async function choose(name: string, action: string): Promise<void> {
    const frame = (await phlox.frames('main')).find((entry) => entry.name === name);
    const position = { x: (frame?.x ?? 0) + 5, y: (frame?.y ?? 0) + 5 };
    await phlox.page.getByTestId('canvas-main').click({ position, button: 'right' });
    await phlox.page.getByTestId(action).click();
  }

  it('can be copied, by pointer and by key', async () => {
    await phlox.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = () => phlox.page.evaluate(() => navigator.clipboard.readText());
    await choose('foo', 'copy-stack');
    await expect.poll(copied).toBe('run\nhandle\nfoo');
    await phlox.page.keyboard.press('ArrowUp');
    await phlox.page.keyboard.press('Shift+F10');
    await phlox.screenshot('frame-menu');
    await phlox.page.keyboard.press('ArrowDown');
    await phlox.page.keyboard.press('Enter');
    await expect.poll(copied).toBe('handle');
  });

  it('can be hidden and brought back', async () => {
    const before = await phlox.width('main', 'foo');
    await choose('handle', 'frame-hide');
    await expect.poll(() => phlox.width('main', 'handle')).toBe(0);
    expect(await phlox.width('main', 'foo')).toBeCloseTo(before, 0);
    expect(phlox.param('hide')).toBe('handle');
    expect(await phlox.text('operator')).toContain('hidden: handle');
    await phlox.page.getByRole('button', { name: 'Remove hidden: handle' }).click();
    await expect.poll(() => phlox.width('main', 'handle')).toBeGreaterThan(0);
  });

  it('has the same menu in the tables, by key and by pointer', async () => {
    const { page } = phlox;
    const titles = () => page.getByTestId('frame-menu').getByRole('menuitem').allInnerTexts();
    await page.getByRole('button', { name: 'foo', exact: true }).press('Enter');
    await page.getByTestId('row-menu').press('Enter');
    await expect.poll(titles).toContain('What if it were twice as fast?');
    expect(await titles()).not.toContain('Zoom to it');
    await page.keyboard.press('Escape');
    await page.getByTestId('frame-menu').waitFor({ state: 'detached' });
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('row-menu');
    await page.getByRole('button', { name: 'bar', exact: true }).click({ button: 'right' });
    await page.getByTestId('frame-excludes').click();
    await expect.poll(() => phlox.param('excludes')).toBe('bar');
    await expect
      .poll(async () => Math.abs((await phlox.width('main', 'foo')) - (await phlox.width('main', 'total'))))
      .toBeLessThanOrEqual(1);
    await page.getByRole('button', { name: 'Remove without: bar' }).click();
    await page.getByTestId('call-tree').click();
    await page.getByRole('treegrid').focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'Shift+F10']) await page.keyboard.press(key);
    await expect.poll(titles).toContain('Zoom to it');
    await phlox.screenshot('row-menu');
    await page.getByTestId('frame-merge').click();
    await expect.poll(() => phlox.text('operator')).toContain('merged: app');
    expect(phlox.param('merge')).toBe('{module="app"}');
    // All of the shop is one module, so what is left is its outermost frame.
    await expect.poll(async () => (await phlox.frames('main')).map((frame) => frame.name)).toEqual(['total', 'run']);
  });

  it('can be seen from below', async () => {
    await phlox.page.getByTestId('transform').click();
    await phlox.page.getByTestId('preset-invert').click();
    await expect
      .poll(async () => (await phlox.frames('main')).find((frame) => frame.depth === 1)?.name)
      .toBe('bar');
    const whole = await phlox.width('main', 'total');
    expect(Math.abs((await phlox.width('main', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    // What a function takes itself is below it there; what began in it, as in run, is no self value.
    await expect.poll(() => phlox.page.getByTestId('sort-self').count()).toBe(0);
    expect(await phlox.page.getByTestId('sort-total').count()).toBe(1);
    await phlox.page.getByTestId('canvas-main').hover({ position: { x: 5, y: 25 } });
    expect(await phlox.text('tooltip')).toMatch(/^bar[\s\S]*Total\s+0.250 cores\s+Share of all/);
    await phlox.screenshot('bottom-up');
  });

  it('shows its callers and callees', async () => {
    const { page } = phlox;
    await choose('handle', 'frame-sandwich');
    const whole = await phlox.width('callees', 'handle');
    expect(Math.abs((await phlox.width('callees', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    // The function is the root of both: a row for its total would say the same once more.
    const rows = async (half: string) => (await phlox.frames(half)).map(({ depth, name }) => `${depth} ${name}`).sort();
    expect(await rows('callees')).toEqual(['0 handle', '1 bar', '1 foo']);
    expect(await rows('callers')).toEqual(['0 handle', '1 run']);
    const callers = await phlox.frames('callers');
    const y = (name: string) => callers.find((frame) => frame.name === name)?.y ?? 0;
    expect(y('run')).toBeLessThan(y('handle'));
    expect(await phlox.text('sandwich-total')).toBe('handle 1.00 cores, 100.0 %');
    await phlox.screenshot('sandwich');
    // A stack goes from callers to callees in both halves, and no path to a frame begins at the root of the tree.
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    for (const [half, name, stack] of [
      ['callers', 'run', 'run\nhandle'],
      ['callees', 'foo', 'handle\nfoo'],
    ] as const) {
      const frame = (await phlox.frames(half)).find((entry) => entry.name === name);
      const position = { x: (frame?.x ?? 0) + 5, y: (frame?.y ?? 0) + 5 };
      await page.getByTestId(`canvas-${half}`).click({ position, button: 'right' });
      expect(await page.getByTestId('frame-focus').count()).toBe(0);
      await page.getByTestId('copy-stack').click();
      await expect.poll(copied).toBe(stack);
    }
    await phlox.page.getByTestId('sandwich-close').click();
    await phlox.frames('main');
  });

  it('tells what it would be worth to cost less', async () => {
    await choose('foo', 'frame-scale');
    await phlox.page.getByTestId('factor').fill('75000 → 8000');
    await phlox.page.keyboard.press('Enter');
    await expect.poll(() => phlox.param('scale')).toBe('8000/75000*foo');
    await expect.poll(() => phlox.text('what-if-result')).toBe('What if: 1.00 cores → 0.330 cores, −67 %');
    await expect.poll(() => phlox.text('what-if-cores-bill')).toBe('$100,000 → $33,000 a year');
    const whole = await phlox.width('main', 'total');
    expect(Math.abs((await phlox.width('main', 'foo')) - (whole * 8) / 33)).toBeLessThanOrEqual(1);
    await expect.poll(() => phlox.text('legend')).toContain('what if');
    await expect.poll(() => phlox.text('what-if-load')).toMatch(/Peak\s+1.00 → 0.330/);
    // A server of one core, all of it, no room above: one carries either.
    for (const [name, value] of Object.entries({
      coresPerServer: 1,
      utilisation: 30,
      headroom: 0,
      leastServers: 1,
    })) {
      await phlox.page.getByTestId(`assume-${name}`).fill(String(value));
      await phlox.page.keyboard.press('Enter');
    }
    await expect.poll(() => phlox.text('what-if-servers')).toBe('4 → 2');
    expect(await phlox.text('what-if-servers-bill')).toBe('$100,000 → $50,000 a year');
    expect(await phlox.text('what-if-utilisation')).toBe('25.0 % → 16.5 %, at the peak 25.0 % → 16.5 %');
    await phlox.screenshot('what-if');
  });

  it('can be coloured by module, kind or self value', async () => {
    const { page } = phlox;
    const paint = async (by: string): Promise<Fills> => {
      await page.getByTestId('paint').selectOption(by);
      await expect.poll(() => phlox.param('paint') ?? 'module').toBe(by);
      return phlox.fills('main', ['run', 'handle', 'foo', 'bar']);
    };
    type Fills = Awaited<ReturnType<PhloxPage['fills']>>;
    const byKind = await paint('kind');
    const swatch = page.getByTestId('kind-legend').locator('span', { hasText: 'python' }).locator('i');
    const python = await swatch.evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(Object.values(byKind)).toEqual([python, python, python, python]);
    await phlox.screenshot('paint-kind');
    // handle does nothing itself, bar a third of what foo does, which is the most.
    const bySelf = await paint('self');
    expect(bySelf['run']).toBe(bySelf['handle']);
    const orange = (name: string): number => {
      const [red = 0, , blue = 0] = (bySelf[name] ?? '').match(/\d+/g)?.map(Number) ?? [];
      return red - blue;
    };
    expect(orange('handle')).toBeLessThan(orange('bar'));
    expect(orange('bar')).toBeLessThan(orange('foo'));
    await phlox.screenshot('paint-self');
    // Functions of one module are told apart.
    const byModule = await paint('module');
    expect(new Set(Object.values(byModule)).size).toBeGreaterThan(2);
    expect(byModule['foo']).not.toBe(byModule['bar']);
    expect(phlox.param('paint')).toBeNull();
  });
});
