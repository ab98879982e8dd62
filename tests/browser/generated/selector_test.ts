import { expect, it } from 'vitest';
import { launch, PhloxPage } from '../page';

it('A selector is completed while it is typed', async () => {
  const browser = await launch();
  const phlox = await PhloxPage.open(browser, { query: '{service_name="shop"}' });
  await phlox.frames('main');
  await phlox.page.getByTestId('edit-selector').click();
  const field = phlox.page.getByTestId('selector-text');
  const choices = phlox.page.getByTestId('selector-choice');
  await field.fill('');
  await field.pressSequentially('{serv');
  await expect.poll(() => choices.allInnerTexts()).toEqual(['service_name']);
  await phlox.page.keyboard.press('ArrowDown');
  await phlox.page.keyboard.press('Tab');
  await expect.poll(() => choices.allInnerTexts()).toEqual([
    'checkout-and-fulfilment-worker.eu-central-1',
    'lines',
    'names',
    'renamed',
    'shop',
    'wide',
  ]);
  await field.pressSequentially('sh');
  await expect.poll(() => choices.allInnerTexts()).toEqual(['shop']);
  await phlox.page.keyboard.press('ArrowDown');
  await phlox.page.keyboard.press('Enter');
  await expect.poll(() => field.inputValue()).toBe('{service_name="shop"}');
  await field.pressSequentially(',ver');
  await expect.poll(() => choices.allInnerTexts()).toEqual(['version']);
  await choices.first().click();
  await expect.poll(() => choices.allInnerTexts()).toEqual(['1', '2']);
  await phlox.screenshot('completion');
  await choices.nth(1).click();
  await phlox.page.getByRole('button', { name: 'Apply' }).click();
  await expect.poll(() => phlox.param('query')).toBe('{service_name="shop",version="2"}');
  await expect.poll(() => phlox.text('total')).toBe('0.330 cores');
  await phlox.close();
  await browser.close();
});
