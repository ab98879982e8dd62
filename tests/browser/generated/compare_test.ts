import { describe, expect, it } from 'vitest';
import { BOTH_VERSIONS, launch, PhloxPage, withPage } from '../page';

describe('A comparison', () => {
  let phlox: PhloxPage;
  withPage({ ...BOTH_VERSIONS, cost: '100000' }, (opened) => opened.frames('diff'), (opened) => {
    phlox = opened;
  });

  it('is exact in the table, in the graph and in money', async () => {
    expect(await phlox.text('money')).toBe('$100,000 → $33,000 a year');
    expect(await phlox.cell('foo', 'change')).toBe('−0.670');
    expect(await phlox.cell('bar', 'percent')).toBe('unchanged');
    expect(await phlox.cell('bar', 'share')).toBe('25.0 % → 75.8 % +50.8 pt');
    expect(await phlox.cell('foo', 'share')).toBe('75.0 % → 24.2 % −50.8 pt');
    const whole = await phlox.width('diff', 'total');
    expect(Math.abs((await phlox.width('diff', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    expect(Math.abs((await phlox.width('diff', 'bar')) - 0.25 * whole)).toBeLessThanOrEqual(1);
  });

  it('is coloured by the change in cores or in shares', async () => {
    const { page } = phlox;
    /** Of its orange less its blue: above 0 for more, below for less, 0 for the same. */
    const warmth = async (name: string): Promise<number> => {
      const [red = 0, , blue = 0] = (await phlox.fills('diff', [name]))[name]?.match(/\d+/g)?.map(Number) ?? [];
      return red - blue;
    };
    await expect.poll(() => warmth('foo')).toBeLessThan(-60);
    expect(Math.abs(await warmth('bar'))).toBeLessThan(10);
    await page.getByTestId('color-by').selectOption('share');
    await expect.poll(() => warmth('bar')).toBeGreaterThan(60);
    expect(await warmth('foo')).toBeLessThan(-60);
    expect(phlox.param('color')).toBe('share');
    await page.getByTestId('color-by').selectOption('cores');
    await expect.poll(() => warmth('bar')).toBeLessThan(10);
    expect(phlox.param('color')).toBeNull();
  });

  it('can be shown a request', async () => {
    await phlox.page.getByTestId('requests-baseline').fill('100');
    await phlox.page.getByTestId('requests-comparison').fill('50');
    await phlox.page.keyboard.press('Enter');
    await expect.poll(() => phlox.text('per-request')).toBe('A request: 10.0 ms/req → 6.60 ms/req, −34 %');
    expect(await phlox.text('money')).toBe('$100,000 → $66,000 a year at the traffic of the baseline');
    // bar takes as much of a second as before, so with half the requests twice as much of each.
    expect(await phlox.cell('bar', 'percent')).toBe('+100 %');
    const before = await phlox.width('baseline', 'bar');
    expect(Math.abs((await phlox.width('comparison', 'bar')) - 2 * before)).toBeLessThanOrEqual(2);
    await phlox.screenshot('compare-per-request');
  });

  it('can be shown a request of those that were pushed', async () => {
    await phlox.page.getByTestId('requests-pushed').click();
    await expect.poll(() => phlox.text('requests-shown')).toBe('100 → 50.0');
    await expect.poll(() => phlox.text('per-request')).toBe('A request: 10.0 ms/req → 6.60 ms/req, −34 %');
    expect(phlox.param('requests')).toBe('pushed');
    expect(await phlox.cell('bar', 'percent')).toBe('+100 %');
    const before = await phlox.width('baseline', 'bar');
    expect(Math.abs((await phlox.width('comparison', 'bar')) - 2 * before)).toBeLessThanOrEqual(2);
    await phlox.screenshot('compare-pushed-requests');
    await phlox.page.getByTestId('requests-pushed').press('Enter');
    await expect.poll(() => phlox.param('requests')).toBeNull();
  });

  it('goes through the same operators', async () => {
    await phlox.page.goto(`${phlox.page.url()}&hide=handle`);
    await phlox.frames('diff');
    expect(await phlox.width('diff', 'handle')).toBe(0);
    expect(await phlox.text('operator')).toContain('hidden: handle');
  });
});

it('A difference shows as one what was left out, as wide as it is', async () => {
  const browser = await launch();
  const phlox = await PhloxPage.open(browser, {
    ...BOTH_VERSIONS,
    baseline: '{service_name="wide"}',
    comparison: '{service_name="wide"}',
    nodes: '200',
  });
  await phlox.frames('diff');
  const svg = await phlox.page.evaluate(() => window.phlox?.flamegraph('diff')?.svg() ?? '');
  const boxes = [...svg.matchAll(/<title>(.*?)<\/title><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"/g)].map(
    ([, name, x, y, width]) => ({ name, x: Number(x), y: Number(y), width: Number(width) }),
  );
  const whole = boxes.find((box) => box.name === 'total')?.width ?? 0;
  // Below serve, which has no value of its own: its callees, and behind them those that were not sent.
  const callees = boxes.filter((box) => box.y === 40);
  expect(callees.at(-1)?.name).toBe('smaller frames');
  expect(Math.abs(callees.reduce((sum, box) => sum + box.width, 0) - whole)).toBeLessThanOrEqual(1);
  const last = callees.at(-1);
  await phlox.page.getByTestId('canvas-diff').hover({ position: { x: (last?.x ?? 0) + (last?.width ?? 0) / 2, y: 50 } });
  await expect.poll(() => phlox.text('tooltip')).toMatch(/^[\d,]+ smaller frames, [\d.]+ cores\s+Click to load more/);
  await phlox.close();
});
