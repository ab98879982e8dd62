import { describe, expect, it } from 'vitest';
import {
  changingValues,
  describeOperator,
  framesOf,
  framesOfModule,
  isInverted,
  LIBRARIES,
  parseFactor,
  parseOperators,
  parseScale,
  pathOf,
  withOperator,
} from './operators';
import { folded } from './testing';

describe('operators', () => {
  it('turn stacks around once, and twice back', () => {
    const invert = { name: 'invert', argument: 'true' } as const;
    expect(isInverted([])).toBe(false);
    expect(isInverted([{ name: 'hide', argument: 'foo' }, invert])).toBe(true);
    expect(isInverted([invert, invert])).toBe(false);
  });

  it('are read from an address in their order', () => {
    const params = new URLSearchParams('?page=explore&hide=foo&scale=1/4*bar&hide=baz');
    expect(parseOperators(params)).toEqual([
      { name: 'hide', argument: 'foo' },
      { name: 'scale', argument: '1/4*bar' },
      { name: 'hide', argument: 'baz' },
    ]);
    const one = parseOperators(new URLSearchParams('hide=foo'));
    expect(changingValues(parseOperators(params)).map((operator) => operator.name)).toEqual(['scale']);
    expect(withOperator(one, { name: 'hide', argument: 'foo' })).toBe(one);
  });

  it('reach a timeline where they change its values, and joins where frames are looked for behind them', () => {
    const names = (address: string, looks: boolean) =>
      changingValues(parseOperators(new URLSearchParams(address)), looks).map((operator) => operator.name);
    expect(names('join=a;b&hide=c', false)).toEqual([]);
    expect(names('join=a;b&hide=c', true)).toEqual(['join']);
    expect(names('join=a;b&contains=b&join=c;d', false)).toEqual(['join', 'contains']);
  });

  it('merge what follows each other in one module', () => {
    const argument = framesOfModule('json.de"coder');
    expect(argument).toBe('{module="json.de\\"coder"}');
    expect(describeOperator({ name: 'merge', argument })).toBe('merged: json.de"coder');
  });

  it('name frames so that any name can be meant', () => {
    expect(['foo', 'f', '<script>', 'a;b', '{x}', ' a', 'say "hi"'].map(framesOf)).toEqual([
      'foo',
      'f',
      '<script>',
      '{name="a;b"}',
      '{name="{x}"}',
      '{name=" a"}',
      'say "hi"',
    ]);
    const tree = folded('main;a;b 1');
    expect(pathOf(tree.tree, tree.functions, tree.find('main;a;b'))).toBe('main;a;b');
  });

  it('are told in words', () => {
    expect(describeOperator({ name: 'invert', argument: 'true' })).toBe('bottom-up');
    expect(describeOperator({ name: 'hide', argument: LIBRARIES })).toBe('only my code');
    expect(describeOperator({ name: 'recursion', argument: '{}' })).toBe('recursion folded');
    expect(describeOperator({ name: 'drop', argument: 'foo' })).toBe('dropped: foo');
    expect(describeOperator({ name: 'join', argument: 'old;new' })).toBe('joined: old → new');
  });
});

describe('a factor', () => {
  it('is read as people say it', () => {
    const said = [
      '4× faster',
      'removed',
      '25 %',
      '75,000 → 8000',
      '75000 -> 8000',
      '0.25',
      '8000/75000',
      '×2',
    ];
    expect(said.map(parseFactor)).toEqual([
      '1/4',
      '0',
      '25/100',
      '8000/75000',
      '8000/75000',
      '0.25',
      '8000/75000',
      '2',
    ]);
  });

  it('is refused when it is none', () => {
    expect(['', 'fast', '-1', '0× faster', '1/0', '0 → 5'].map(parseFactor)).toEqual(Array(6).fill(null));
  });

  it('stands before its frames', () => {
    expect(parseScale('8000/75000*foo')).toEqual({ factor: '8000/75000', frames: 'foo' });
    expect(parseScale('foo')).toBeNull();
  });
});
