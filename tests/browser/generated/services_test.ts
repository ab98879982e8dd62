import type { Browser } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PhloxPage, SERVICES, withPage } from '../page';

describe('The services', () => {
  let browser: Browser;
  let phlox: PhloxPage;
  withPage({ query: '{service_name="shop"}' }, (opened) => opened.frames('main'), (opened, launched) => {
    [phlox, browser] = [opened, launched];
  });

  const rowOf = (name: string) =>
    phlox.page
      .getByTestId('service-row')
      .filter({ has: phlox.page.getByRole('button', { name, exact: true }) });
  const rowText = async (name: string) => (await rowOf(name).innerText()).replace(/\s+/g, ' ');

  it('show what each uses, since yesterday, and its course', async () => {
    await phlox.page.getByTestId('service-picker').click();
    await expect.poll(() => rowText('shop')).toMatch(/^shop 0.665 \+33 % [\d.]+ %$/);
    expect(await rowText('wide')).toContain('new');
    // Two stretches with a gap between them.
    await expect.poll(() => rowOf('shop').locator('path').getAttribute('d')).toMatch(/^M[^M]+M[^M]+$/);
    await phlox.screenshot('services');
    await phlox.page.getByTestId('services-service').click();
    expect(await phlox.page.getByTestId('service').allInnerTexts()).toEqual(SERVICES);
    await phlox.page.getByRole('button', { name: 'lines', exact: true }).click();
    await expect.poll(() => phlox.param('query')).toBe('{service_name="lines"}');
  });

  it.each([
    { width: 390, cost: '' },
    { width: 390, cost: '123456789' },
    { width: 1280, cost: '123456789' },
  ])('are as wide as their panel at most ($width pixels, cost “$cost”)', async ({ width, cost }) => {
    const params = { query: '{service_name="shop"}', ...(cost === '' ? {} : { cost }) };
    const narrow = await PhloxPage.open(browser, params, width);
    await narrow.frames('main');
    await narrow.page.getByTestId('service-picker').click();
    await narrow.page.getByTestId('service-row').nth(5).waitFor();
    const { inner, cut } = await narrow.page.getByTestId('services').evaluate((table) => {
      const panel = table.parentElement ?? table;
      const right = panel.getBoundingClientRect().left + panel.clientWidth;
      const cells = [...table.querySelectorAll<HTMLElement>('td, th')].filter((cell) => cell.offsetWidth > 0);
      const isCut = (cell: HTMLElement): boolean =>
        cell.scrollWidth > cell.clientWidth || cell.getBoundingClientRect().right > right;
      return { inner: panel.scrollWidth - panel.clientWidth, cut: cells.filter(isCut).map((cell) => cell.innerText) };
    });
    expect(inner).toBe(0);
    expect(cut).toEqual([]);
    await narrow.screenshot(`services-${width}${cost === '' ? '' : '-priced'}`);
    await narrow.close();
  });

  it('cost what is kept on the server', async () => {
    await phlox.page.getByTestId('cost').fill('100000');
    await phlox.page.keyboard.press('Enter');
    await expect.poll(() => phlox.param('cost')).toBe('100000');
    await phlox.page.getByTestId('cost-keep').click();
    await expect.poll(() => phlox.param('cost')).toBeNull();
    // Another visitor, without the price in the address.
    const other = await PhloxPage.open(browser, { query: '{service_name="shop",version="1"}' });
    await other.frames('main');
    expect(await other.cell('foo', 'money')).toBe('$75,000');
    await other.page.getByTestId('cost-per').selectOption('core-hour');
    // 0.75 cores × 8,760 hours × $100,000
    await expect.poll(() => other.cell('foo', 'money')).toBe('$657,000,000');
    await other.close();
    await phlox.page.getByTestId('cost-keep').click();
    await expect.poll(() => phlox.param('cost')).toBe('100000');
  });
});
