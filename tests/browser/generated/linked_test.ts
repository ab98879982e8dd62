/** Graph, table and timeline show the same thing, whichever of them the pointer, a click or a search is on. */
import { describe, expect, it } from 'vitest';
import { type PhloxPage, withPage } from '../page';

describe('Graph and table', () => {
  let phlox: PhloxPage;
  withPage({ query: '{service_name="shop",version="1"}' }, (opened) => opened.frames('main'), (opened) => {
    phlox = opened;
  });

  const row = (name: string) =>
    phlox.page.getByTestId('row').filter({ has: phlox.page.getByRole('button', { name, exact: true }) });
  const frame = async (name: string) => {
    const found = (await phlox.frames('main')).find((entry) => entry.name === name);
    return found ?? { x: 0, y: 0, width: 0, height: 0, depth: 0 };
  };

  /** The darkest of the pixels at the left edge of a frame, halfway down: an outline is nearly black. */
  async function edgeOf(name: string): Promise<number> {
    const { x, y, height } = await frame(name);
    return phlox.page.getByTestId('canvas-main').evaluate(
      (canvas: HTMLCanvasElement, at) => {
        const data = canvas.getContext('2d')?.getImageData(at.x, at.y, 3, 1).data ?? [255, 255, 255];
        return Math.min(...[0, 4, 8].map((i) => Math.max(...data.slice(i, i + 3))));
      },
      { x: Math.round(x), y: Math.round(y + height / 2) },
    );
  }

  it('show in one what the pointer is on in the other', async () => {
    expect(await edgeOf('foo')).toBeGreaterThan(120);
    await row('foo').hover();
    await expect.poll(() => edgeOf('foo')).toBeLessThan(90);
    expect(await edgeOf('bar')).toBeGreaterThan(120);
    const { x, y, width } = await frame('bar');
    await phlox.page.getByTestId('canvas-main').hover({ position: { x: x + width / 2, y: y + 8 } });
    await expect.poll(() => row('bar').getAttribute('class')).toContain('hovered');
    expect(await row('foo').getAttribute('class')).not.toContain('hovered');
    expect(await phlox.text('tooltip')).toMatch(/^bar\s+app.py[\s\S]*Total\s+0.250 cores/);
  });

  it('show in one what is selected in the other', async () => {
    await row('foo').click();
    await phlox.page.mouse.move(0, 0);
    await expect.poll(() => edgeOf('foo')).toBeLessThan(90);
    await phlox.clickFrame('main', 'bar');
    await expect.poll(() => row('bar').getAttribute('aria-current')).toBe('true');
    expect(await row('foo').getAttribute('aria-current')).toBeNull();
  });

  it('are searched together', async () => {
    const fill = async (name: string): Promise<string> => {
      const { x, y, width, height } = await frame(name);
      return phlox.page.getByTestId('canvas-main').evaluate(
        (canvas: HTMLCanvasElement, at) => (canvas.getContext('2d')?.getImageData(at.x, at.y, 1, 1).data ?? []).slice(0, 3).join(),
        { x: Math.round(x + width - 6), y: Math.round(y + height - 4) },
      );
    };
    const colors = [await fill('foo'), await fill('bar')];
    await phlox.page.getByTestId('search').fill('foo');
    await expect.poll(() => phlox.page.getByTestId('row').locator('.function').allInnerTexts()).toEqual(['foo']);
    // What does not match is faded: #eceef1.
    await expect.poll(() => fill('bar')).toBe('236,238,241');
    expect(await fill('foo')).toBe(colors[0]);
  });

  it('may have the root at the bottom', async () => {
    expect((await frame('run')).y).toBeLessThan((await frame('foo')).y);
    const width = (await frame('foo')).width;
    await phlox.page.getByTestId('orientation').click();
    await expect.poll(async () => (await frame('run')).y).toBeGreaterThan((await frame('foo')).y);
    expect((await frame('foo')).width).toBe(width);
    expect(phlox.param('orientation')).toBe('flame');
    await phlox.screenshot('flame-upwards');
  });

  it('do not glide for who wants no motion', async () => {
    const widthsUntilZoomed = (name: string) =>
      phlox.page.evaluate(
        ([id, whole]) =>
          new Promise<readonly number[]>((done) => {
            const seen = new Set<number>();
            const look = (): void => {
              const drawn = window.phlox?.flamegraph('main')?.frames().find((entry) => entry.name === id);
              if (drawn !== undefined) seen.add(Math.round(drawn.width));
              if (drawn !== undefined && drawn.width >= whole - 1) done([...seen]);
              else requestAnimationFrame(look);
            };
            look();
          }),
        [name, whole] as const,
      );
    const whole = (await frame('total')).width;
    await phlox.page.emulateMedia({ reducedMotion: 'reduce' });
    const [widths] = await Promise.all([widthsUntilZoomed('bar'), phlox.clickFrame('main', 'bar')]);
    expect(widths).toEqual([Math.round(whole / 4), Math.round(whole)]);
  });

  it('open a file where the reader said', async () => {
    const { page } = phlox;
    await page.context().route('https://code.example/**', (route) => route.fulfill({ body: 'the file' }));
    await page.keyboard.press('?');
    await page.getByTestId('editor').fill('https://code.example/{file}?at={line}');
    await page.getByTestId('editor').press('Escape');
    await row('foo').click({ button: 'right' });
    const [opened] = await Promise.all([page.context().waitForEvent('page'), page.getByTestId('open-file').click()]);
    await opened.waitForURL('https://code.example/app.py?at=1');
    await opened.close();
  });
});
