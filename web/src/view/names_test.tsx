import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../model/answers';
import { measureOf } from '../model/cores';
import { CPU } from '../model/url_state';
import { Breadcrumbs } from './breadcrumbs';
import { shorten } from './flame_painter';
import { HiddenFrames, ProfileFrame } from './frame_details';
import { FunctionCell } from './function_cell';

const NAME = '<script>alert(1)</script>';
const profile = parseProfile({
  unit: 'nanoseconds',
  side: { range: { from_ms: 0, until_ms: 10000, level_s: 10 }, total: 5e9, covered_ns: 1e10, profiles: 1 },
  functions: { name: [NAME], file: ['<img src=x>'], line: [7], module: ['app'], kind: ['python'] },
  tree: {
    function: [-1, 0],
    depth: [0, 1],
    self: [0, 5e9],
    total: [5e9, 5e9],
    hidden_count: [0, 0],
    hidden_total: [0, 0],
  },
  table: { function: [0], self: [5e9], total: [5e9] },
});

describe('a name that looks like HTML', () => {
  it('is text in the table', () => {
    const html = renderToString(
      <FunctionCell functions={profile.functions} at={0} onSelect={() => undefined} />,
    );
    expect(html).toContain('&lt;script>alert(1)&lt;/script>');
    expect(html).not.toContain('<script>');
  });

  it('is text in the tooltip, with all that is known of the frame', () => {
    const price = { amount: 100000, per: 'year' } as const;
    const html = renderToString(
      <ProfileFrame profile={profile} measure={measureOf(CPU)} price={price} node={1} focus={1} inverted={false} />,
    );
    expect(html).not.toMatch(/<script>|<img/);
    for (const fact of [
      'src=x>:7',
      'app · python',
      '0.500 cores',
      '100.0 %',
      '$100,000 a year',
      '5,000 ms',
    ]) {
      expect(html).toContain(fact);
    }
  });

  it('is text in the breadcrumbs', () => {
    const html = renderToString(
      <Breadcrumbs tree={profile.tree} functions={profile.functions} focus={1} part={null} onFocus={() => undefined} />,
    );
    expect(html).not.toContain('<script>');
  });
});

describe('what does not fit', () => {
  it('is cut with an ellipsis', () => {
    expect([shorten('handle', 6), shorten('handle', 4), shorten('handle', 1)]).toEqual([
      'handle',
      'han…',
      '',
    ]);
  });

  it('is counted', () => {
    expect(renderToString(<HiddenFrames count={1200} value="0.010 cores" />)).toContain(
      '1,200 smaller frames, 0.010 cores',
    );
  });
});
