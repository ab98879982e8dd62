import { expect, it } from 'vitest';
import { launch, percentIn, PhloxPage } from '../page';

it('A search counts the whole tree, also what is not shown', async () => {
  const browser = await launch();
  const shares: number[] = [];
  for (const nodes of ['50', '65536']) {
    const phlox = await PhloxPage.open(browser, { query: '{service_name="wide"}', search: 'step_7', nodes });
    await phlox.frames('main');
    await expect.poll(() => phlox.text('search-result')).toMatch(/^\d+ functions, [\d.]+ cores, [\d.]+ %$/);
    shares.push(percentIn(await phlox.text('search-result')));
    await phlox.close();
  }
  expect(shares[0]).toBeGreaterThan(0);
  expect(shares[0]).toBe(shares[1]);
});
