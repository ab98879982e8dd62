import { describe, expect, it } from 'vitest';
import { folded } from '../model/testing';
import { selectedFunction, selectedNode, showTree } from './frames';

describe('the selection', () => {
  it('survives a refresh that renumbers everything', () => {
    const before = folded('work;foo 1\nwork;bar 1');
    const after = folded('aa;bb 1\nwork;foo 1\nwork;bar 1');
    showTree(before);
    selectedNode.set(before.find('work;bar'));
    selectedFunction.set(before.functions.name.indexOf('bar'));
    showTree(after);
    expect(selectedNode.get()).toBe(after.find('work;bar'));
    expect(after.functions.name[selectedFunction.get()]).toBe('bar');
  });

  it('stays empty', () => {
    selectedNode.set(-1);
    selectedFunction.set(-1);
    showTree(folded('a 1'));
    expect([selectedNode.get(), selectedFunction.get()]).toEqual([-1, -1]);
  });
});
