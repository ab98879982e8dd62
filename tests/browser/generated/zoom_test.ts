/** Ways through a wide flame graph: minimap, box, fingers, keys. The address keeps where they lead. */
import { describe, expect, it } from 'vitest';
import { launch, PhloxPage, withPage } from '../page';

const FOO_AND_BAR = '{service_name="shop",version="1"}';

describe('A flame graph', () => {
  let phlox: PhloxPage;
  withPage({ query: FOO_AND_BAR }, (opened) => opened.frames('main'), (opened) => {
    phlox = opened;
  });

  const boxOf = async (testid: string) =>
    (await phlox.page.getByTestId(testid).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };

  /** The part of the whole width that the address says is shown. */
  const part = (): readonly number[] => (phlox.param('zoom') ?? '').split('@')[1]?.split(',').map(Number) ?? [];

  async function drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    await phlox.page.mouse.move(...from);
    await phlox.page.mouse.down();
    await phlox.page.mouse.move(...to, { steps: 4 });
  }

  /** Where the minimap says that the graph is, as parts of its width. */
  async function marked(): Promise<readonly [number, number]> {
    const whole = await boxOf('minimap-main');
    const [before, after] = [await boxOf('minimap-before-main'), await boxOf('minimap-after-main')];
    const start = before.x + before.width;
    return [(start - whole.x) / whole.width, (after.x - start) / whole.width];
  }

  it('shows the part that is drawn with shift, and goes back', async () => {
    const canvas = await boxOf('canvas-main');
    const bar = (await phlox.frames('main')).find((frame) => frame.name === 'bar');
    const y = canvas.y + (bar?.y ?? 0);
    await phlox.page.keyboard.down('Shift');
    // bar has the first quarter, foo the rest.
    await drag([canvas.x + canvas.width * 0.1, y - 10], [canvas.x + canvas.width * 0.6, y + 10]);
    const drawn = await boxOf('zoom-box');
    expect(Math.abs(drawn.width - canvas.width / 2)).toBeLessThanOrEqual(2);
    await phlox.screenshot('zoom-box');
    await phlox.page.mouse.up();
    await phlox.page.keyboard.up('Shift');
    await expect.poll(part).toHaveLength(2);
    expect(part()[0]).toBeCloseTo(0.1, 2);
    expect(part()[1]).toBeCloseTo(0.5, 2);
    // The pointer is where pixels are whole; the view is twice as large.
    await expect.poll(async () => Math.abs((await phlox.width('main', 'foo')) - canvas.width * 0.7)).toBeLessThanOrEqual(2);
    expect(Math.abs((await phlox.width('main', 'bar')) - canvas.width * 0.3)).toBeLessThanOrEqual(2);
    expect((await marked())[0]).toBeCloseTo(0.1, 2);
    expect((await marked())[1]).toBeCloseTo(0.5, 2);
    await phlox.screenshot('zoom-minimap');
    const address = phlox.page.url();
    await phlox.page.goBack();
    await expect.poll(() => phlox.width('main', 'foo')).toBeCloseTo(canvas.width * 0.75, 0);
    await phlox.page.goto(address);
    await expect.poll(async () => Math.abs((await phlox.width('main', 'foo')) - canvas.width * 0.7)).toBeLessThanOrEqual(2);
  });

  it('is moved by its minimap', async () => {
    const canvas = await boxOf('canvas-main');
    const map = await boxOf('minimap-main');
    const [y, at] = [map.y + map.height / 2, (place: number) => map.x + map.width * place];
    await drag([at(0.5), y], [at(0.75), y]);
    await phlox.page.mouse.up();
    await expect.poll(async () => (await marked())[1]).toBeCloseTo(0.25, 2);
    await expect.poll(part).toHaveLength(2);
    // What is shown can be taken and moved: to the left end, where bar has all of the quarter.
    await drag([at(0.6), y], [at(0.02), y]);
    await phlox.page.mouse.up();
    await expect.poll(async () => (await marked())[0]).toBeCloseTo(0, 2);
    await expect.poll(() => part()[0]).toBe(0);
    expect(Math.abs((await phlox.width('main', 'bar')) - canvas.width)).toBeLessThanOrEqual(4);
    // A click puts the middle there.
    await phlox.page.mouse.click(at(0.5), y);
    await expect.poll(async () => (await marked())[0]).toBeCloseTo(0.375, 2);
  });

  it('is zoomed by two fingers and moved by one', async () => {
    const canvas = await boxOf('canvas-main');
    const y = canvas.y + 30;
    const client = await phlox.page.context().newCDPSession(phlox.page);
    await client.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 2 });
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...places: readonly number[]) =>
      client.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: places.map((place, id) => ({ x: canvas.x + canvas.width * place, y, id })),
      });
    await touch('touchStart', 0.4, 0.6);
    for (const apart of [0.15, 0.2]) await touch('touchMove', 0.5 - apart, 0.5 + apart);
    await touch('touchEnd');
    await expect.poll(async () => (await marked())[1]).toBeCloseTo(0.5, 1);
    expect((await marked())[0]).toBeCloseTo(0.25, 1);
    // Three tenths of the half that is shown, less what the first steps take until they are no tap. A browser that is
    // busy lets a touch go, as if the finger had been lifted: then it is moved once more.
    await expect
      .poll(async () => {
        await touch('touchStart', 0.7);
        for (const place of [0.6, 0.5, 0.4]) await touch('touchMove', place);
        await touch('touchEnd');
        return (await marked())[0];
      })
      .toBeGreaterThan(0.33);
    expect((await marked())[1]).toBeCloseTo(0.5, 1);
    await expect.poll(part).toHaveLength(2);
  });

  it('is zoomed and moved by key, and Escape leads out', async () => {
    await phlox.page.getByTestId('canvas-main').focus();
    await phlox.page.keyboard.press('+');
    await expect.poll(() => part()[1]).toBeCloseTo(1 / 1.5, 3);
    await phlox.page.keyboard.press('Shift+ArrowRight');
    await expect.poll(() => part()[0]).toBeCloseTo((1 - 1 / 1.5) / 2 + 0.2 / 1.5, 3);
    await phlox.page.keyboard.press('Escape');
    await expect.poll(() => phlox.param('zoom')).toBeNull();
    const canvas = await boxOf('canvas-main');
    await expect.poll(() => phlox.width('main', 'foo')).toBeCloseTo(canvas.width * 0.75, 0);
    await phlox.page.keyboard.press('?');
    expect(await phlox.text('keys-dialog')).toMatch(/Shift \+ drag\s*Zoom to the box/);
  });

  it('offers to reset the zoom only where there is one', async () => {
    const reset = phlox.page.getByTestId('reset-zoom');
    const canvas = await boxOf('canvas-main');
    expect(await reset.count()).toBe(0);
    // A part of the width, then a frame.
    await phlox.page.getByTestId('canvas-main').focus();
    await phlox.page.keyboard.press('+');
    await reset.focus();
    await phlox.page.keyboard.press('Enter');
    await expect.poll(() => reset.count()).toBe(0);
    expect(phlox.param('zoom')).toBeNull();
    expect(await phlox.page.evaluate(() => document.activeElement?.textContent)).toBe('total');
    await phlox.clickFrame('main', 'foo');
    await reset.waitFor();
    await phlox.screenshot('zoom-reset');
    await reset.click();
    await expect.poll(() => reset.count()).toBe(0);
    await expect.poll(() => phlox.width('main', 'foo')).toBeCloseTo(canvas.width * 0.75, 0);
  });

  it('is zoomed to no frame any more when the wheel has led out to all of it', async () => {
    const canvas = await boxOf('canvas-main');
    await phlox.clickFrame('main', 'foo');
    await expect.poll(() => phlox.width('main', 'foo')).toBeCloseTo(canvas.width, 0);
    await phlox.page.mouse.move(canvas.x + canvas.width / 2, canvas.y + 10);
    await phlox.page.keyboard.down('Control');
    // Some of the way, so that the address has a frame and a part, then all of it.
    await phlox.page.mouse.wheel(0, 20);
    await expect.poll(part).toHaveLength(2);
    await phlox.page.mouse.wheel(0, 2000);
    await phlox.page.keyboard.up('Control');
    await expect.poll(() => phlox.param('zoom')).toBeNull();
    await expect.poll(() => phlox.width('main', 'foo')).toBeCloseTo(canvas.width * 0.75, 0);
  });
});

it('A flame graph paints each frame where it says that it is', async () => {
  const browser = await launch();
  const phlox = await PhloxPage.open(browser, { query: FOO_AND_BAR });
  const drawn = (await phlox.frames('main')).filter((frame) => frame.depth === 3);
  expect(drawn.map((frame) => frame.name)).toEqual(['bar', 'foo']);
  for (const frame of drawn) {
    // Runs of one colour along the row, near its lower edge, below all text.
    const painted = await phlox.page.getByTestId('canvas-main').evaluate(
      (canvas: HTMLCanvasElement, [x, y]) => {
        const row = canvas.getContext('2d')?.getImageData(0, y, canvas.width, 1).data ?? new Uint8ClampedArray();
        const colorAt = (at: number): string => row.slice(4 * at, 4 * at + 4).join();
        let [left, right] = [x, x];
        while (left > 0 && colorAt(left - 1) === colorAt(x)) left--;
        while (right < canvas.width && colorAt(right) === colorAt(x)) right++;
        return { left, right };
      },
      [Math.round(frame.x + frame.width / 2), frame.y + frame.height - 3] as const,
    );
    expect(Math.abs(painted.left - frame.x)).toBeLessThanOrEqual(0.5);
    // A pixel stays free before the next one.
    expect(Math.abs(painted.right - (frame.x + frame.width - 1))).toBeLessThanOrEqual(0.5);
  }
  await phlox.close();
});

it('The minimap of a deep and wide graph has all of it in little', async () => {
  const browser = await launch();
  const phlox = await PhloxPage.open(browser, { query: '{service_name="wide"}' });
  await phlox.frames('main');
  const map = await phlox.page.getByTestId('minimap-main').boundingBox();
  const graph = await phlox.page.getByTestId('flamegraph-main').boundingBox();
  expect(map?.height).toBe(40);
  expect(Math.abs((map?.width ?? 0) - (graph?.width ?? 0))).toBeLessThanOrEqual(1);
  await phlox.clickFrame('main', (await phlox.frames('main')).filter((frame) => frame.depth === 4)[0]?.name ?? '');
  await phlox.screenshot('minimap-wide');
  await phlox.close();
});
