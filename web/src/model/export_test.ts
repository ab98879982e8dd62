import { describe, expect, it } from 'vitest';
import { csvOf, svgOf } from './export';

describe('CSV', () => {
  it('quotes what needs it and defuses formulas', () => {
    const text = csvOf(
      ['function', 'total'],
      [
        ['a,"b"\n', 2n ** 60n],
        ['=cmd()', 1],
        ['foo', -3],
      ],
    );
    expect(text).toBe('function,total\r\n"a,""b""\n",1152921504606846976\r\n\'=cmd(),1\r\nfoo,-3\r\n');
  });
});

describe('SVG', () => {
  const box = { x: 0, y: 19, width: 100, height: 19, fill: 'rgb(1,2,3)', ink: '#000000' };

  it('holds each frame with its whole name', () => {
    const svg = svgOf([{ ...box, name: '<script>alert("x")</script>\u0000' }], 200, 38);
    expect(svg).toContain('<title>&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;</title>');
    expect(svg).toContain('width="100.00" height="18" fill="rgb(1,2,3)"');
    expect(svg).toContain('>&lt;script&gt;ale…</text>');
    expect(svg).not.toMatch(/<script|\u0000/);
  });

  it('writes no text where there is no room', () => {
    expect(svgOf([{ ...box, width: 10, name: 'foo' }], 200, 38)).not.toContain('<text');
  });
});
