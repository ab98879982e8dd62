import { describe, expect, it } from 'vitest';
import { parseUploaded, serviceNameOf, shownAfter } from './upload';

const SAMPLES = 'process_cpu:samples:count:cpu:nanoseconds';
const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
const ANSWER = { format: 'pprof', service: 'shop', types: [SAMPLES, CPU], samples: 3, from_ms: 12_345, until_ms: 31_000 };

describe('an uploaded file', () => {
  it('is shown over the buckets that it covers', () => {
    const shown = shownAfter(parseUploaded(ANSWER));
    expect([shown.type, shown.query, shown.from, shown.until]).toEqual([CPU, '{service_name="shop"}', '10000', '40000']);
    expect(shownAfter(parseUploaded({ ...ANSWER, from_ms: 20_000, until_ms: 20_000 })).until).toBe('30000');
  });

  it('shows what there is when nothing is time', () => {
    expect(parseUploaded({ ...ANSWER, types: ['memory:inuse_space:bytes:space:bytes'] }).type).toContain('inuse_space');
    expect(() => parseUploaded({ ...ANSWER, service: 7 })).toThrow('service');
  });

  it('is named by what the server takes', () => {
    expect(['my shop (1)', ' web/api ', '§', 'a.b-c_d'].map(serviceNameOf)).toEqual(['my-shop-1', 'web/api', '', 'a.b-c_d']);
  });
});
