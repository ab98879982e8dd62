import { describe, expect, it } from 'vitest';
import { parseLabelValues } from './answers';
import { moreText, offerOf, textToAsk } from './label_values';

/** The answer to `text`, cut after as many values as are given. */
const known = (text: string, values: readonly string[], total = values.length) => ({
  text,
  answer: parseLabelValues({ values, total, next: total > values.length ? values.at(-1) : null }),
});

describe('values of a label', () => {
  it('come with how many there are', () => {
    expect(parseLabelValues({ values: ['a', 'b'], total: 2000, next: 'b' })).toEqual({ values: ['a', 'b'], total: 2000 });
    expect(parseLabelValues({ values: [], total: 0, next: null })).toEqual({ values: [], total: 0 });
    expect(() => parseLabelValues({ total: 1 })).toThrow('no list "values"');
    expect(() => parseLabelValues({ values: ['a'] })).toThrow('"total"');
    expect(() => parseLabelValues({ values: ['a', 'b'], total: 1 })).toThrow('less than its values');
  });

  it('are asked for once where all are known', () => {
    const all = known('', ['api-1', 'Web-1', 'web-2']);
    expect(textToAsk(null, 'we')).toBe('we');
    expect(textToAsk(all, 'we')).toBe('');
    expect(offerOf(all, 'we')).toEqual({ values: ['Web-1', 'web-2'], more: 0 });
    expect(offerOf(all, 'none')).toEqual({ values: [], more: 0 });
    expect(textToAsk(known('we', ['web-1']), 'web')).toBe('we');
  });

  it('are asked for anew where the list is cut, or was narrowed by another text', () => {
    expect(textToAsk(known('', ['api-1', 'web-1'], 2000), 'we')).toBe('we');
    expect(textToAsk(known('web', ['web-1']), 'we')).toBe('we');
    expect(offerOf(known('web', ['web-1']), 'we').more).toBeNull();
  });

  it('say how many more there are, once that is known', () => {
    const cut = known('', ['api-1', 'web-1'], 2000);
    expect(offerOf(cut, '')).toEqual({ values: ['api-1', 'web-1'], more: 1998 });
    expect(offerOf(cut, 'we')).toEqual({ values: ['web-1'], more: null });
    expect(offerOf(null, 'we')).toEqual({ values: [], more: 0 });
    expect([0, 1998, null].map(moreText)).toEqual(['', '1,998 more: type to narrow', '…']);
  });

  it('are shown as the server sent them when they answer what is typed', () => {
    // The server may know letters as the same that this page does not.
    expect(offerOf(known('STRASSE', ['straße']), 'STRASSE').values).toEqual(['straße']);
  });
});
