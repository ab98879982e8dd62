import { describe, expect, it } from 'vitest';
import { fromMs, type PhloxPage, withPage } from '../page';

/** Of long before what the other tests look at. */
const START_MS = fromMs - 3 * 86400e3;
const FIREFOX = JSON.stringify({
  meta: { interval: 10, startTime: START_MS, preprocessedProfileVersion: 57 },
  threads: [
    {
      samples: {
        stack: Array.from({ length: 100 }, (_, i) => (i < 75 ? 1 : 2)),
        time: Array.from({ length: 100 }, (_, i) => 10 * i),
        weightType: 'samples',
      },
      stackTable: { frame: [0, 1, 2], prefix: [null, 0, 0] },
      frameTable: { func: [0, 1, 2], line: [9, 3, 4] },
      funcTable: { name: [0, 1, 2], fileName: [3, 3, 3] },
    },
  ],
  shared: { stringArray: ['<module>', 'foo', 'bar', 'app.py'] },
});

describe('A file', () => {
  let phlox: PhloxPage;
  withPage({ query: '{service_name="shop"}' }, (opened) => opened.page.getByTestId('upload').click(), (opened) => {
    phlox = opened;
  });

  const choose = (name: string, text: string): Promise<void> =>
    phlox.page
      .getByTestId('upload-file')
      .setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) });

  it('is uploaded and shown', async () => {
    await choose('my run.json', FIREFOX);
    expect(await phlox.page.getByTestId('upload-service').inputValue()).toBe('my-run');
    await phlox.screenshot('upload');
    await phlox.page.getByTestId('upload-send').click();
    await expect.poll(() => phlox.param('query')).toBe('{service_name="my-run"}');
    expect(phlox.param('from')).toBe(String(START_MS));
    const whole = await phlox.width('main', 'total');
    expect(Math.abs((await phlox.width('main', 'foo')) - 0.75 * whole)).toBeLessThanOrEqual(1);
    expect(await phlox.cell('foo', 'total')).toContain('75.0 %');
    await phlox.page.getByTestId('upload-file').waitFor({ state: 'detached' });
  });

  it('that is none says why', async () => {
    await choose('page.html', '<!doctype html><title>flame graph</title>');
    await phlox.page.getByTestId('upload-service').fill('other');
    await phlox.page.getByTestId('upload-send').click();
    await expect.poll(() => phlox.text('upload-problem')).toContain('this is a web page');
    expect(phlox.param('query')).toBe('{service_name="shop"}');
    phlox.forgive('status of 400');
  });
});
