import { describe, expect, it } from 'vitest';
import { folded } from './testing';
import { formatZoom, parseZoom, partOf, windowOfPart } from './zoom';

describe('zoom', () => {
  it('is a frame, a part of the width, or both', () => {
    expect(parseZoom('')).toEqual({ key: '', part: null });
    expect(parseZoom('3-5be1f')).toEqual({ key: '3-5be1f', part: null });
    expect(parseZoom('@0.25,0.5')).toEqual({ key: '', part: { start: 0.25, span: 0.5 } });
    for (const text of ['', '3-5be1f', '@0.25,0.5', '3-5be1f@0.000000000125,1e-9']) {
      const { key, part } = parseZoom(text);
      expect(parseZoom(formatZoom(key, part))).toEqual({ key, part });
    }
  });

  it('forgets a part that is none', () => {
    for (const text of ['a@', 'a@1', 'a@-0.1,0.5', 'a@0.6,0.5', 'a@0,0', 'a@x,1', 'a@0,0.1,0.2'])
      expect(parseZoom(text)).toEqual({ key: 'a', part: null });
    expect(formatZoom('a', { start: 0, span: 1 })).toBe('a');
  });

  it('is measured on the whole of a graph', () => {
    const { tree, values } = folded('foo 75\nbar 25');
    const width = values.total.near;
    const shape = { tree, width, hidden: new Float64Array(3), extent: width };
    expect(partOf(shape, { start: 25, span: 50 })).toEqual({ start: 0.25, span: 0.5 });
    expect(windowOfPart(shape, { start: 0.25, span: 0.5 })).toEqual({ start: 25, span: 50 });
  });
});
