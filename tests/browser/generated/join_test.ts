/** A function that was renamed, and one that was moved to another file, joined by hand in the table of a comparison. */
import { describe, expect, it } from 'vitest';
import { BOTH_VERSIONS, type PhloxPage, withPage } from '../page';

const RENAMED = {
  ...BOTH_VERSIONS,
  baseline: '{service_name="renamed",version="1"}',
  comparison: '{service_name="renamed",version="2"}',
  cost: '100000',
};
const JOIN = '{name="parse_all",file="app.py"};{name="parse",file="parser.py"}';

describe('Functions of one side alone', () => {
  let phlox: PhloxPage;
  withPage(RENAMED, (opened) => opened.frames('diff'), (opened) => {
    phlox = opened;
  });

  const button = (name: string) => phlox.page.getByRole('button', { name, exact: true });
  const names = () => phlox.page.getByTestId('row').locator('.function').allInnerTexts();

  it('are joined, and then compared with themselves', async () => {
    expect(await phlox.cell('parse_all', 'percent')).toBe('gone');
    expect(await phlox.cell('parse', 'percent')).toBe('new');
    const whole = await phlox.width('diff', 'total');
    // 6 s before and 3 s after, apart, beside 1 s and 0.5 s: parts of 10.5.
    expect(Math.abs((await phlox.width('diff', 'parse_all')) - (whole * 6) / 10.5)).toBeLessThanOrEqual(1);

    await button('Join with… parse_all').click();
    expect(await phlox.text('joining')).toContain('Join parse_all with which of the 3 functions that were there only after?');
    await phlox.screenshot('joining');
    await button('Join with parse').click();

    await expect.poll(() => phlox.param('join')).toBe(JOIN);
    await expect.poll(() => phlox.text('operator')).toContain('joined: parse_all → parse');
    await expect.poll(() => phlox.cell('parse', 'percent')).toBe('−50 %');
    expect(await phlox.cell('parse', 'baseline')).toBe('0.600');
    expect(await phlox.cell('parse', 'comparison')).toBe('0.300');
    expect(await phlox.cell('parse', 'money')).toBe('−$42,857');
    expect(await names()).not.toContain('parse_all');
    expect(await phlox.text('headline')).toContain('from 0.700 to 0.350 cores');
    // Both sides in one box of the larger, 6 s, beside check of 1 s and audit of 0.5 s.
    const joined = await phlox.width('diff', 'total');
    await expect.poll(() => phlox.width('diff', 'parse_all')).toBe(0);
    expect(Math.abs((await phlox.width('diff', 'parse')) - (joined * 6) / 7.5)).toBeLessThanOrEqual(1);
    const before = await phlox.width('baseline', 'parse');
    expect(Math.abs((await phlox.width('comparison', 'parse')) - before / 2)).toBeLessThanOrEqual(1);
    await phlox.screenshot('joined');

    await button('Remove joined: parse_all → parse').click();
    await expect.poll(names).toContain('parse_all');
  });

  it('offer what kept its name first, by keys alone, and either side may begin', async () => {
    // "load" is there twice, in app.py before and in parser.py after.
    const load = phlox.page.getByTestId('row').filter({ has: button('load') });
    await load.filter({ hasText: 'new' }).getByTestId('join-with').focus();
    await phlox.page.keyboard.press('Enter');
    await expect.poll(async () => (await names())[0]).toBe('load');
    expect(await phlox.page.getByTestId('row').first().innerText()).toContain('same name');
    const focused = () => phlox.page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    expect(await focused()).toBe('Join with load');
    await phlox.page.keyboard.press('Escape');
    await expect.poll(() => phlox.page.getByTestId('joining').count()).toBe(0);
    await load.filter({ hasText: 'new' }).getByTestId('join-with').press('Enter');
    await expect.poll(focused).toBe('Join with load');
    await phlox.page.keyboard.press('Enter');
    await expect.poll(() => phlox.text('operator')).toContain('joined: load (app.py → parser.py)');
    // Their callers are still apart, so that only the table has them together: 2 s and 2 s.
    await expect.poll(() => phlox.cell('load', 'percent')).toBe('unchanged');
  });
});
