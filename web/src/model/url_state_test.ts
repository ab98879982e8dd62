import { describe, expect, it } from 'vitest';
import { formatMatcher, formatSelector, parseSelector, serviceOf, withLabel } from './selector';
import { DEFAULT_VIEW, formatView, parseView, type View } from './url_state';

describe('address', () => {
  it('is empty for the default view', () => {
    expect(formatView(DEFAULT_VIEW)).toBe('');
    expect(parseView('')).toEqual(DEFAULT_VIEW);
  });

  it('holds the whole view', () => {
    const view: View = {
      page: 'compare',
      type: 'memory:inuse_space:bytes:space:bytes',
      query: '{service_name="shop & co",pod=~"a|b"}',
      from: '2026-01-31T12:00:00Z',
      until: 'now-5m',
      groupBy: 'version',
      split: true,
      search: '<script>',
      zoom: '3-1a2b',
      sort: '-self',
      panes: 'graph',
      table: 'calls',
      open: ['1-5be1f', '2-1a2b'],
      orientation: 'flame',
      cost: 100000,
      per: 'month',
      utc: true,
      live: true,
      nodes: 65536,
      colorBy: 'share',
      paint: 'kind',
      assumptions: { coresPerServer: 8, utilisation: 60, headroom: 25, leastServers: 3 },
      sandwich: 'foo',
      source: 'shop/app.py:10',
      requests: [100, 150.5],
      operators: [
        { name: 'hide', argument: '{name=~"a|b"}' },
        { name: 'scale', argument: '8000/75000*foo' },
        { name: 'hide', argument: 'c & d' },
      ],
      baseline: { query: '{version="1"}', from: 'now-2h', until: 'now-1h' },
      comparison: { query: '{version="2"}', from: 'now-3h', until: 'now-2h' },
    };
    expect(parseView(formatView(view))).toEqual(view);
  });

  it('says that requests come from what was pushed', () => {
    const view: View = { ...DEFAULT_VIEW, requests: 'pushed' };
    expect(formatView(view)).toBe('?requests=pushed');
    expect(parseView(formatView(view))).toEqual(view);
  });

  it('ignores what it does not know', () => {
    expect(parseView('?page=nowhere&requests=1&nodes=-1&cost=abc&show=x&orientation=')).toEqual(DEFAULT_VIEW);
  });
});

describe('selector', () => {
  it('is read and written', () => {
    const text = '{service_name="shop",pod=~"web-.*",zone!="a\\"b","with space"="1"}';
    const matchers = parseSelector(text);
    expect(matchers).toHaveLength(4);
    expect(matchers && formatSelector(matchers)).toBe(text);
    expect(parseSelector('{}')).toEqual([]);
    expect(parseSelector(' { a = "1" , } ')).toEqual([{ name: 'a', operator: '=', value: '1' }]);
  });

  it('is refused when it is not one', () => {
    expect(['', 'shop', '{a}', '{a="1"', '{a="1" b="2"}', '{a=1}'].map(parseSelector)).toEqual(
      Array(6).fill(null),
    );
  });

  it('replaces one label', () => {
    const matchers = parseSelector('{version="1",service_name="shop"}') ?? [];
    expect(serviceOf(matchers)).toBe('shop');
    expect(formatSelector(withLabel(matchers, 'version', '2'))).toBe('{service_name="shop",version="2"}');
    expect(formatSelector(withLabel(matchers, 'service_name', ''))).toBe('{version="1"}');
    expect(formatMatcher({ name: 'otel.scope', operator: '!~', value: 'a\nb' })).toBe('otel.scope!~"a\\nb"');
  });
});
