import { describe, expect, it } from 'vitest';
import { complete, completionAt, matchingChoices } from './complete';
import { parseSelector } from './selector';

/** The caret stands where the bar is. */
function at(text: string) {
  const caret = text.indexOf('|');
  const plain = text.replace('|', '');
  return { plain, completion: completionAt(plain, caret) };
}

describe('completion', () => {
  it('knows names from values', () => {
    expect(at('{serv|').completion).toMatchObject({ kind: 'name', typed: 'serv' });
    expect(at('{a="1", po|').completion).toMatchObject({ kind: 'name', typed: 'po' });
    expect(at('{a="1",pod=~"we|"}').completion).toMatchObject({ kind: 'value', label: 'pod', typed: 'we' });
    expect(at('|').completion).toMatchObject({ kind: 'name', typed: '' });
    expect(at('{a="1"|').completion).toBeNull();
  });

  it('offers what begins like it first', () => {
    const { completion } = at('{v|');
    expect(completion && matchingChoices(completion, ['env', 'version', '__v', 'pod'])).toEqual([
      'version',
      'env',
    ]);
  });

  it('hides names for the use of servers, and no values', () => {
    const { completion } = at('{v="|');
    expect(completion && matchingChoices(completion, ['__main__'])).toEqual(['__main__']);
  });

  it('looks for a value as it is meant, and replaces it as it is written', () => {
    const { plain, completion } = at('{v="a\\"|"}');
    expect(completion).toMatchObject({ typed: 'a"', from: 4 });
    expect(completion && complete(plain, completion, 'a"b').text).toBe('{v="a\\"b"}');
  });

  it('writes a selector that can be read', () => {
    const first = at('ver|');
    const name = first.completion && complete(first.plain, first.completion, 'version');
    expect(name).toEqual({ text: '{version="', caret: 10 });
    const second = completionAt('{version="', 10);
    const whole = second && complete('{version="', second, 'a"b');
    expect(parseSelector(whole?.text ?? '')).toEqual([{ name: 'version', operator: '=', value: 'a"b' }]);
  });

  it('replaces what stands there', () => {
    const inside = at('{version="1|2",a="b"}');
    expect(inside.completion && complete(inside.plain, inside.completion, '3').text).toBe(
      '{version="3",a="b"}',
    );
    const name = at('{ver|=~"1"}');
    expect(name.completion && complete(name.plain, name.completion, 'version').text).toBe('{version=~"1"}');
  });
});
