import { afterEach, describe, expect, it, vi } from 'vitest';
import { COLUMNS_TYPE } from '../model/column_bytes';
import { get, sendForColumns } from './client';

/** "PHLOXCOL", version 1, eight bytes of JSON: an answer without columns. */
const WHOLE = Uint8Array.of(...new TextEncoder().encode('PHLOXCOL'), 1, 0, 0, 0, 8, 0, 0, 0, ...new TextEncoder().encode('{"a":1} '));

describe('an answer with columns as bytes', () => {
  afterEach(() => vi.unstubAllGlobals());

  function answerWith(body: ReadableStream<Uint8Array>): Promise<unknown> {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { headers: { 'Content-Type': COLUMNS_TYPE } })));
    return sendForColumns(get('profile', {}), new AbortController().signal);
  }

  it('is read piece by piece', async () => {
    const pieces = [WHOLE.subarray(0, 10), WHOLE.subarray(10, 11), WHOLE.subarray(11)];
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        for (const piece of pieces) stream.enqueue(piece);
        stream.close();
      },
    });
    expect(await answerWith(body)).toEqual({ a: 1 });
  });

  it('is given up when it is damaged, though more of it would come', async () => {
    const given = vi.fn();
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(new Uint8Array(WHOLE.length)),
      cancel: given,
    });
    await expect(answerWith(body)).rejects.toThrow('damaged');
    expect(given).toHaveBeenCalled();
  });
});
