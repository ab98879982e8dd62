import { describe, expect, it } from 'vitest';
import { folded } from '../model/testing';
import { treeKey, type TreeMove } from './call_keys';

const { tree, find } = folded('run;handle;foo 60\nrun;handle;bar 25\nrun;log 10');
const [run, handle, foo, bar, log] = ['run', 'run;handle', 'run;handle;foo', 'run;handle;bar', 'run;log'].map(find) as [
  number,
  number,
  number,
  number,
  number,
];

function press(key: string, active: number, rows: readonly number[], open: readonly number[]): TreeMove | null {
  const event = { key, ctrlKey: false, metaKey: false, altKey: false } as KeyboardEvent;
  const isOpen = (row: number): boolean | null => ((tree.end[row] ?? 0) > row + 1 ? open.includes(row) : null);
  return treeKey(event, { rows: Int32Array.from(rows), active, root: 0, parent: tree.parent, isOpen });
}

describe('keys of the call tree', () => {
  const opened = [0, run, handle, foo, bar, ~handle, log];

  it('move from row to row, past what was left out', () => {
    expect(press('ArrowDown', -1, opened, [])).toEqual({ select: 0 });
    expect(press('ArrowDown', bar, opened, [])).toEqual({ select: log });
    expect(press('ArrowDown', log, opened, [])).toEqual({ select: log });
    expect(press('ArrowUp', log, opened, [])).toEqual({ select: bar });
    expect(press('End', run, opened, [])).toEqual({ select: log });
    expect(press('Home', log, opened, [])).toEqual({ select: 0 });
  });

  it('open, close, and go in and out', () => {
    expect(press('ArrowRight', handle, [0, run, handle, log], [0, run])).toEqual({ toggle: handle });
    expect(press('ArrowRight', handle, opened, [0, run, handle])).toEqual({ select: foo });
    expect(press('ArrowRight', foo, opened, [0, run, handle])).toEqual({});
    expect(press('ArrowLeft', handle, opened, [0, run, handle])).toEqual({ toggle: handle });
    expect(press('ArrowLeft', foo, opened, [0, run, handle])).toEqual({ select: handle });
    expect(press('ArrowLeft', 0, opened, [0, run, handle])).toEqual({});
    expect(press('Enter', foo, opened, [])).toEqual({ focus: foo });
    expect(press('x', foo, opened, [])).toBeNull();
  });
});
