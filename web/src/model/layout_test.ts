import { describe, expect, it } from 'vitest';
import { boxAt } from './pick';
import { Boxes, BoxKind, clampWindow, layOut, rowsWithPart, startOf, windowOf, type FlameShape } from './layout';
import { fitChildren } from './shape';
import { nodeName } from './tree';
import { folded, type TestTree } from './testing';

const ALL = { first: 0, last: 1000 };

function shapeOf(test: TestTree, hidden?: Float64Array): FlameShape {
  const width = test.values.total.near;
  return { tree: test.tree, width, hidden: hidden ?? new Float64Array(width.length), extent: width };
}

function boxesOf(test: TestTree, shape: FlameShape, node: number, pixels: number): string[] {
  const boxes = new Boxes();
  layOut(shape, windowOf(shape, node), pixels, ALL, boxes);
  return Array.from({ length: boxes.count }, (_, i) => {
    const name = ['', '~', '/'][boxes.kind[i] ?? 0] + nodeName(test.tree, test.functions, boxes.node[i] ?? 0);
    return `${boxes.row[i]} ${name} ${boxes.x[i]}+${boxes.width[i]}`;
  });
}

describe('layOut', () => {
  it('gives every frame its share of the width', () => {
    const test = folded('work;foo 75\nwork;bar 25');
    expect(boxesOf(test, shapeOf(test), 0, 1000)).toEqual([
      '0 total 0+1000',
      '1 work 0+1000',
      '2 bar 0+250',
      '2 foo 250+750',
    ]);
  });

  it('keeps the ancestors over the whole width when zoomed', () => {
    const test = folded('work;foo 75\nwork;bar 25');
    expect(boxesOf(test, shapeOf(test), test.find('work;foo'), 500)).toEqual([
      '0 total 0+500',
      '1 work 0+500',
      '2 foo 0+500',
    ]);
  });

  it('draws neighbours that are too narrow as one run and does not look below them', () => {
    const test = folded('a;x 1\nb;x 1\nc;x 1\nd 997');
    expect(boxesOf(test, shapeOf(test), 0, 500)).toEqual(['0 total 0+500', '1 ~a 0+1.5', '1 d 1.5+498.5']);
  });

  it('draws what is wide enough by itself, however narrow its neighbours are', () => {
    const test = folded('a;x 1\nb;x 1\nc;x 4\nd 994');
    expect(boxesOf(test, shapeOf(test), 0, 500)).toEqual([
      '0 total 0+500',
      '1 ~a 0+1',
      '1 c 1+2',
      '2 x 1+2',
      '1 d 3+497',
    ]);
  });

  it('puts hidden frames behind the last child', () => {
    const test = folded('work;foo 60\nwork 40');
    const hidden = new Float64Array(3);
    hidden[test.find('work')] = 30;
    expect(boxesOf(test, shapeOf(test, hidden), 0, 100)).toEqual([
      '0 total 0+100',
      '1 work 0+100',
      '2 foo 0+60',
      '2 /work 60+30',
    ]);
  });

  it('skips rows outside of the view', () => {
    const test = folded('a;b;c;d 10');
    const boxes = new Boxes();
    const shape = shapeOf(test);
    layOut(shape, windowOf(shape, 0), 100, { first: 1, last: 2 }, boxes);
    expect([...boxes.row.subarray(0, boxes.count)]).toEqual([1, 2]);
  });

  it('computes a bounded number of boxes for a large tree', () => {
    const lines = Array.from({ length: 20000 }, (_, i) => `m${i % 50};f${i % 1000};g${i} 1`);
    const test = folded(lines.join('\n'));
    const boxes = new Boxes();
    layOut(shapeOf(test), windowOf(shapeOf(test), 0), 1000, ALL, boxes);
    expect(boxes.count).toBeLessThan(3100);
    expect(boxes.kind.subarray(0, boxes.count)).toContain(BoxKind.run);
  });
});

describe('window', () => {
  const test = folded('a;b 10\na;c 20\nd 70');
  const shape = shapeOf(test);

  it('finds where a node starts', () => {
    expect(startOf(shape, test.find('a;c'))).toBe(10);
    expect(startOf(shape, test.find('d'))).toBe(30);
  });

  it('stays inside of the whole', () => {
    expect(clampWindow(shape, { start: 90, span: 20 })).toEqual({ start: 80, span: 20 });
    expect(clampWindow(shape, { start: -5, span: 500 })).toEqual({ start: 0, span: 100 });
  });
});

describe('boxAt', () => {
  it('finds the box under a point', () => {
    const test = folded('work;foo 75\nwork;bar 25');
    const boxes = new Boxes();
    layOut(shapeOf(test), { start: 0, span: 100 }, 100, ALL, boxes);
    expect(boxes.node[boxAt(boxes, 2, 24.9)]).toBe(test.find('work;bar'));
    expect(boxes.node[boxAt(boxes, 2, 25)]).toBe(test.find('work;foo'));
    expect(boxAt(boxes, 3, 10)).toBe(-1);
  });
});

describe('rowsWithPart', () => {
  it('ends where all frames of a row together have too little, hidden ones included', () => {
    const test = folded('work;foo;deep 60\nwork;foo 939\nwork;foo;deep;spike;tip 1');
    expect(rowsWithPart(shapeOf(test), 0)).toBe(6);
    expect(rowsWithPart(shapeOf(test), 1 / 200)).toBe(4);
    expect(rowsWithPart(shapeOf(test), 1 / 10)).toBe(3);
    // Below the tip there is half of everything.
    const hidden = new Float64Array(6);
    hidden[test.find('work;foo;deep;spike;tip')] = 500;
    expect(rowsWithPart(shapeOf(test, hidden), 1 / 10)).toBe(7);
  });

  it('is one where there is nothing', () => {
    expect(rowsWithPart(shapeOf(folded('work 0')), 1 / 200)).toBe(1);
  });
});

describe('fitChildren', () => {
  it('widens a parent whose children were large at different times', () => {
    // work: 10 on both sides; a: 9 before, b: 9 after.
    const width = fitChildren(Int32Array.of(-1, 0, 1, 1), Float64Array.of(10, 10, 9, 9), new Float64Array(4));
    expect([...width]).toEqual([18, 18, 9, 9]);
  });
});
