/**
 * Where the frames of a flame graph go, on demand: only the rectangles that can be seen are computed, so the
 * cost follows the picture and not the tree.
 *
 *     |<------------ root: width ------------>|      Children start at their parent's left edge, one after
 *     |<---- a ---->|<- b ->|///////|   self  |      the other; behind them come the hidden frames (///),
 *     |<- c ->|self |                                and what is left is the parent's self value.
 *
 * x is in the shape's own unit (nanoseconds or cores) until the last step, a double: it only becomes pixels.
 */
import type { TreeLinks } from './tree';

export interface FlameShape {
  readonly tree: TreeLinks;
  readonly width: Float64Array;
  /** Width of the hidden frames below each node. */
  readonly hidden: Float64Array;
  /** How much of the x axis is shown when zoomed to a node: its own width, or more to share a scale. */
  readonly extent: Float64Array;
}

/** The part of the x axis that is shown. */
export interface Window {
  readonly start: number;
  readonly span: number;
}

export interface Rows {
  readonly first: number;
  readonly last: number;
}

/** Pixels from which a frame is drawn by itself. With a gap of a pixel to its neighbour, less could not be told apart. */
export const LEAST_WIDTH = 2;

export const enum BoxKind {
  frame = 0,
  /** Neighbours narrower than LEAST_WIDTH, drawn as one. */
  run = 1,
  /** Frames that the server left out, as one. */
  hidden = 2,
}

/** Visible rectangles as columns, reused from one drawing to the next. `until` ends the nodes of a run. */
export class Boxes {
  count = 0;
  node = new Int32Array(1024);
  until = new Int32Array(1024);
  row = new Int32Array(1024);
  kind = new Uint8Array(1024);
  x = new Float64Array(1024);
  width = new Float64Array(1024);

  add(kind: BoxKind, node: number, until: number, row: number, x: number, width: number): void {
    if (this.count === this.node.length) this.grow();
    const at = this.count++;
    this.kind[at] = kind;
    this.node[at] = node;
    this.until[at] = until;
    this.row[at] = row;
    this.x[at] = x;
    this.width[at] = width;
  }

  private grow(): void {
    const size = this.node.length * 2;
    this.node = enlarged(this.node, new Int32Array(size));
    this.until = enlarged(this.until, new Int32Array(size));
    this.row = enlarged(this.row, new Int32Array(size));
    this.kind = enlarged(this.kind, new Uint8Array(size));
    this.x = enlarged(this.x, new Float64Array(size));
    this.width = enlarged(this.width, new Float64Array(size));
  }
}

function enlarged<T extends Int32Array | Uint8Array | Float64Array>(old: T, fresh: T): T {
  fresh.set(old);
  return fresh;
}

/** Fills `boxes` with what is visible of `shape` in a window of `pixels` width. */
export function layOut(shape: FlameShape, window: Window, pixels: number, rows: Rows, boxes: Boxes): void {
  boxes.count = 0;
  if (pixels > 0 && window.span > 0 && shape.tree.depth.length > 0) {
    new Walk(shape, window, pixels, rows, boxes).run();
  }
}

/** One walk over the tree in preorder. Per level: the next sibling, where it starts, where the siblings end. */
class Walk {
  private readonly next: number[] = [0];
  private readonly x: number[] = [0];
  private readonly stop: number[] = [1];
  private readonly scale: number;
  private readonly windowEnd: number;
  private runNode = -1;
  private runUntil = 0;
  private runRow = 0;
  private runStart = 0;
  private runEnd = 0;

  constructor(
    private readonly shape: FlameShape,
    private readonly window: Window,
    private readonly pixels: number,
    private readonly rows: Rows,
    private readonly boxes: Boxes,
  ) {
    this.scale = pixels / window.span;
    this.windowEnd = window.start + window.span;
  }

  run(): void {
    const { tree, width } = this.shape;
    let level = 0;
    while (level >= 0) {
      const node = this.next[level] ?? 0;
      const start = this.x[level] ?? 0;
      if (node >= (this.stop[level] ?? 0) || start >= this.windowEnd) {
        if (level > 0) this.placeHidden(this.next[level - 1] ?? 0, level);
        level--;
        if (level >= 0) this.step(level);
        continue;
      }
      const wide = width[node] ?? 0;
      if (
        start + wide > this.window.start &&
        this.place(node, level, start, wide) &&
        level < this.rows.last
      ) {
        level++;
        this.next[level] = node + 1;
        this.stop[level] = tree.end[node] ?? 0;
        this.x[level] = start;
      } else {
        this.step(level);
      }
    }
    this.flush();
  }

  /** On to the next sibling. */
  private step(level: number): void {
    const node = this.next[level] ?? 0;
    this.x[level] = (this.x[level] ?? 0) + (this.shape.width[node] ?? 0);
    this.next[level] = this.shape.tree.end[node] ?? node + 1;
  }

  /** Places a node; true if it is wide enough to look below it. */
  private place(node: number, row: number, start: number, wide: number): boolean {
    const until = this.shape.tree.end[node] ?? node + 1;
    if (wide * this.scale < LEAST_WIDTH) {
      this.extendRun(node, until, row, start, wide);
      return false;
    }
    this.flush();
    if (row >= this.rows.first) this.emit(BoxKind.frame, node, until, row, start, wide);
    return true;
  }

  /** The hidden frames of `parent`, behind its last child. */
  private placeHidden(parent: number, row: number): void {
    const wide = this.shape.hidden[parent] ?? 0;
    const start = this.x[row] ?? 0;
    if (wide <= 0 || start >= this.windowEnd || start + wide <= this.window.start) return;
    if (wide * this.scale < LEAST_WIDTH) {
      this.extendRun(parent, parent, row, start, wide);
      return;
    }
    this.flush();
    if (row >= this.rows.first) this.emit(BoxKind.hidden, parent, parent, row, start, wide);
  }

  private extendRun(node: number, until: number, row: number, start: number, wide: number): void {
    if (row < this.rows.first || wide <= 0) return;
    const x = (start - this.window.start) * this.scale;
    if (this.runNode < 0 || this.runRow !== row || x > this.runEnd + 0.5) {
      this.flush();
      this.runNode = node;
      this.runRow = row;
      this.runStart = x;
    }
    this.runUntil = until;
    this.runEnd = x + wide * this.scale;
  }

  private flush(): void {
    if (this.runNode < 0) return;
    const width = Math.max(this.runEnd - this.runStart, 0.5);
    this.boxes.add(BoxKind.run, this.runNode, this.runUntil, this.runRow, this.runStart, width);
    this.runNode = -1;
  }

  private emit(kind: BoxKind, node: number, until: number, row: number, start: number, wide: number): void {
    const left = Math.max(0, (start - this.window.start) * this.scale);
    const right = Math.min(this.pixels, (start + wide - this.window.start) * this.scale);
    this.boxes.add(kind, node, until, row, left, right - left);
  }
}

/** The rows from the root on, up to the last one of which all frames together take a part of the whole; below them are only spikes. */
export function rowsWithPart(shape: FlameShape, part: number): number {
  const { tree, width, hidden } = shape;
  const covered = new Float64Array(tree.deepest + 2);
  for (let i = 0; i < width.length; i++) {
    const row = tree.depth[i] ?? 0;
    covered[row] = (covered[row] ?? 0) + (width[i] ?? 0);
    covered[row + 1] = (covered[row + 1] ?? 0) + (hidden[i] ?? 0);
  }
  let rows = covered.length;
  while (rows > 1 && (covered[rows - 1] ?? 0) <= part * (width[0] ?? 0)) rows--;
  return rows;
}

/** Where a node starts on the x axis. */
export function startOf(shape: FlameShape, node: number): number {
  let start = 0;
  let above = 0;
  while (above !== node) {
    let child = above + 1;
    while ((shape.tree.end[child] ?? Infinity) <= node) {
      start += shape.width[child] ?? 0;
      child = shape.tree.end[child] ?? node;
    }
    above = child;
  }
  return start;
}

/** The window that shows a node and all below it. */
export function windowOf(shape: FlameShape, node: number): Window {
  return { start: startOf(shape, node), span: shape.extent[node] ?? 0 };
}

/** A window moved and narrowed as little as needed to lie inside the whole. */
export function clampWindow(shape: FlameShape, window: Window): Window {
  const full = shape.extent[0] ?? 0;
  // A billionth of the whole is one CPU second in thirty years: nothing is left to see below that.
  const span = Math.min(full, Math.max(window.span, full * 1e-9));
  return { start: Math.min(full - span, Math.max(0, window.start)), span };
}
