import { describe, expect, it } from 'vitest';
import { WholeColumn } from './columns';
import { findNode, nodeKey } from './path_hash';
import { holdsMatch, matchedTotal, prepareSearch, search } from './search';
import { childrenOf, deepestBelow, linkTree, pathTo, placeOf } from './tree';
import { folded } from './testing';

describe('search', () => {
  const test = folded('work;foo;bar;foo 10\nwork;bar 5\nwork;other 85');

  it('counts a stack once, however often it matches', () => {
    const found = search('FOO', test.functions, test.tree);
    expect(found?.functionCount).toBe(1);
    expect(found && matchedTotal(found, test.tree, test.values)).toEqual({ total: 10n, unknown: 0n });
  });

  it('knows of any stretch of nodes whether it holds a match, over blocks and parts of them', () => {
    // 1,200 nodes, of which those that say "x" lie far apart.
    const lines = Array.from({ length: 1199 }, (_, i) => `${i % 331 === 330 ? 'x' : 'a'}${String(i).padStart(4, '0')} 1`);
    const { tree, functions } = folded(lines.join('\n'));
    const found = search('x', functions, tree);
    const matches = Array.from(tree.function, (at) => (functions.name[at]?.startsWith('x') === true ? 1 : 0));
    expect(found?.functionCount).toBe(3);
    for (let start = 0; start < matches.length; start += 7) {
      for (let end = start; end <= matches.length; end += 11)
        expect(found && holdsMatch(found, tree, start, end)).toBe(matches.slice(start, end).includes(1));
    }
  });

  it('adds up matches the same whether hidden frames are looked for or not', () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `a${i};${i % 400 === 399 ? 'x' : 'b'};x ${i}`);
    const { tree, functions, values, find } = folded(lines.join('\n'));
    const found = search('x', functions, tree);
    const hidden = new Array<number>(tree.function.length).fill(0);
    hidden[find('a0')] = 5;
    const total = lines.reduce((sum, _, i) => sum + BigInt(i), 0n);
    expect(found && matchedTotal(found, tree, values)).toEqual({ total, unknown: 0n });
    const partly = { ...values, hiddenTotal: WholeColumn.of(hidden) };
    expect(found && matchedTotal(found, tree, partly)).toEqual({ total, unknown: 5n });
  });

  it('is the same after it was made ready', () => {
    const { tree, functions } = test;
    const found = search('FOO', functions, tree);
    expect([...prepareSearch(functions, tree, test.values)]).toHaveLength(4);
    expect(search('FOO', functions, tree)).toEqual(found);
  });

  it('says how much hidden frames may add', () => {
    const found = search('bar', test.functions, test.tree);
    const hidden = [...test.values.hiddenTotal.near];
    hidden[test.find('work;other')] = 7;
    hidden[test.find('work;bar')] = 3;
    const values = { ...test.values, hiddenTotal: WholeColumn.of(hidden) };
    expect(found && matchedTotal(found, test.tree, values)).toEqual({ total: 15n, unknown: 7n });
  });

  it('finds nothing for blanks', () => {
    expect(search('  ', test.functions, test.tree)).toBeNull();
  });
});

describe('path hash', () => {
  it('finds a node again by the names above it', () => {
    const before = folded('work;foo;x 1\nwork;bar;x 1');
    const after = folded('early;x 5\nwork;foo;x 1\nwork;bar;x 1');
    const key = nodeKey(before.tree, before.functions, before.find('work;bar;x'));
    expect(findNode(after.tree, after.functions, key)).toBe(after.find('work;bar;x'));
  });

  it('falls back to the root', () => {
    const test = folded('a 1');
    expect(nodeKey(test.tree, test.functions, 0)).toBe('');
    expect(findNode(test.tree, test.functions, '1-0')).toBe(0);
    expect(findNode(test.tree, test.functions, 'nonsense')).toBe(0);
  });
});

describe('tree', () => {
  const test = folded('a;b 1\na;c;d 1\ne 1');

  it('walks up and down', () => {
    expect(pathTo(test.tree, test.find('a;c;d'))).toEqual([
      0,
      test.find('a'),
      test.find('a;c'),
      test.find('a;c;d'),
    ]);
    expect(childrenOf(test.tree, 0)).toEqual([test.find('a'), test.find('e')]);
    expect(deepestBelow(test.tree, 0)).toBe(3);
  });

  it('refuses depths that are no tree', () => {
    const three = Int32Array.of(-1, 0, 0);
    expect(() => linkTree(three, Int32Array.of(0, 2, 1), WholeColumn.zeros(3))).toThrow('impossible depth');
    expect(() => linkTree(three, Int32Array.of(0, 1, 0), WholeColumn.zeros(3))).toThrow('impossible depth');
  });

  it('says where a function is', () => {
    expect(placeOf(test.functions, 0)).toBe('app.py:1');
  });
});
