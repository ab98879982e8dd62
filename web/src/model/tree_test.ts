import { describe, expect, it } from 'vitest';
import { WholeColumn } from './columns';
import { folded } from './testing';
import { linkTree, nodeName, ofOnlyChild } from './tree';

describe('The tree of an only child', () => {
  it('has the child as its root, with the values and names that it had', () => {
    const whole = folded('handle;foo 75\nhandle;bar;deep 20\nhandle 5');
    const { tree, values } = ofOnlyChild(whole);
    const names = [...tree.depth].map((level, node) => `${level} ${nodeName(tree, whole.functions, node)}`);
    expect(names).toEqual(['0 handle', '1 bar', '2 deep', '1 foo']);
    expect([...values.total.near]).toEqual([100, 20, 20, 75]);
    expect([...values.self.near]).toEqual([5, 0, 20, 75]);
    expect([...tree.parent]).toEqual([-1, 0, 1, 0]);
    expect([...tree.end]).toEqual([4, 3, 3, 4]);
    expect(tree.deepest).toBe(2);
  });

  it('keeps what a double cannot hold, and what was left out', () => {
    const large = 2n ** 60n + 1n;
    const column = WholeColumn.of([String(large), String(large), 7]);
    const hidden = WholeColumn.of([0, 3, 0]);
    const tree = linkTree(Int32Array.of(-1, 0, 1), Int32Array.of(0, 1, 2), hidden);
    const cut = ofOnlyChild({ tree, values: { self: column, total: column, hiddenTotal: hidden } });
    expect(cut.values.total.exact(0)).toBe(large);
    expect(cut.values.total.exact(1)).toBe(7n);
    expect([...cut.tree.hiddenCount]).toEqual([3, 0]);
    expect([...cut.values.hiddenTotal.near]).toEqual([3, 0]);
    // What was left out below the child is one level more.
    expect(cut.tree.deepest).toBe(1);
  });

  it('is the whole where the root has more than the child', () => {
    const two = folded('foo 75\nbar 25');
    expect(ofOnlyChild(two)).toBe(two);
    const total = WholeColumn.of([100, 75]);
    const none = WholeColumn.zeros(2);
    const values = { self: WholeColumn.of([25, 75]), total, hiddenTotal: none };
    const own = { tree: linkTree(Int32Array.of(-1, 0), Int32Array.of(0, 1), none), values };
    expect(ofOnlyChild(own)).toBe(own);
  });
});
