/** A label of more values than a list shows: those of the service `fleet`, half a day before all other data. */
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { fromMs, PhloxPage, untilMs, withBrowser } from '../page';

const HALF_DAY_MS = 43_200e3;
const FROM = String(fromMs - HALF_DAY_MS);
const UNTIL = String(untilMs - HALF_DAY_MS);
const QUERY = '{service_name="fleet"}';
const FLEET = { query: QUERY, from: FROM, until: UNTIL };
const SIDES = {
  page: 'compare',
  baseline: '{service_name="fleet",pod="api-007"}',
  comparison: '{service_name="fleet",pod="api-008"}',
  baseline_from: FROM,
  baseline_until: UNTIL,
  comparison_from: FROM,
  comparison_until: UNTIL,
};

describe('A label of many values', () => {
  let browser: Browser;
  withBrowser((launched) => {
    browser = launched;
  });

  /** What each request for values asks for as `contains`, as they come. */
  function asksOf(page: Page): (string | null)[] {
    const asks: (string | null)[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname.endsWith('/label-values')) asks.push(url.searchParams.get('contains'));
    });
    return asks;
  }

  const more = (phlox: PhloxPage): Promise<readonly string[]> => phlox.page.getByTestId('more-values').allInnerTexts();

  it('is offered in part when one is added, and narrowed by what is typed', async () => {
    const phlox = await PhloxPage.open(browser, FLEET);
    await phlox.frames('main');
    const asks = asksOf(phlox.page);
    await phlox.page.getByTestId('add-label').click();
    const form = phlox.page.getByTestId('add-label-form');
    const value = form.getByLabel('Value');
    const offered = () => form.locator('datalist').nth(1).locator('option').evaluateAll((all) => all.map((option) => option.getAttribute('value')));
    await form.getByLabel('Label').fill('pod');
    await expect.poll(async () => (await offered()).length).toBe(200);
    expect((await offered())[199]).toBe('web-049');
    expect(await more(phlox)).toEqual(['250 more: type to narrow']);
    await phlox.screenshot('add-label-cut');
    await value.fill('WEB');
    await expect.poll(() => more(phlox)).toEqual(['100 more: type to narrow']);
    expect((await offered())[0]).toBe('web-000');
    await value.fill('WEB-29');
    await expect.poll(async () => (await offered()).length).toBe(10);
    await expect.poll(() => more(phlox)).toEqual([]);
    expect(asks).toEqual([null, 'WEB', 'WEB-29']);
    await value.fill('web-297');
    await form.getByRole('button', { name: 'Add' }).click();
    await expect.poll(() => phlox.param('query')).toBe('{service_name="fleet",pod="web-297"}');
    await phlox.close();
  });

  it('says in a selector how many values there are besides', async () => {
    const phlox = await PhloxPage.open(browser, FLEET);
    await phlox.frames('main');
    await phlox.page.getByTestId('edit-selector').click();
    const field = phlox.page.getByTestId('selector-text');
    const choices = phlox.page.getByTestId('selector-choice');
    await field.fill('');
    await field.pressSequentially('{pod="');
    await expect.poll(() => more(phlox)).toEqual(['438 more: type to narrow']);
    expect(await choices.count()).toBe(12);
    await field.pressSequentially('b-1');
    await expect.poll(() => more(phlox)).toEqual(['88 more: type to narrow']);
    await phlox.screenshot('completion-cut');
    await field.pressSequentially('99');
    await expect.poll(() => choices.allInnerTexts()).toEqual(['web-199']);
    await expect.poll(() => more(phlox)).toEqual([]);
    await phlox.close();
  });

  it('is compared by two of them, found by a text', async () => {
    const phlox = await PhloxPage.open(browser, SIDES);
    await phlox.frames('diff');
    await phlox.page.getByTestId('by-label').selectOption('pod');
    const baseline = phlox.page.getByTestId('by-baseline');
    const comparison = phlox.page.getByTestId('by-comparison');
    const last = comparison.locator('option').last();
    await expect.poll(() => last.innerText()).toBe('250 more: type to narrow');
    expect(await last.isDisabled()).toBe(true);
    await phlox.page.getByTestId('by-narrow').fill('web-29');
    const tens = Array.from({ length: 10 }, (_, i) => `web-29${i}`);
    await expect.poll(() => comparison.locator('option').allInnerTexts()).toEqual(['any', 'api-008', ...tens]);
    // What is chosen stays chosen, though it does not hold the text.
    expect([await baseline.inputValue(), await comparison.inputValue()]).toEqual(['api-007', 'api-008']);
    await comparison.selectOption('web-295');
    await expect.poll(() => phlox.param('comparison')).toBe('{service_name="fleet",pod="web-295"}');
    expect(phlox.param('baseline')).toBe(SIDES.baseline);
    await phlox.screenshot('by-label-cut');
    expect(await phlox.violations({ within: '.by-label' })).toEqual([]);
    await phlox.close();
  });
});
