/** One flame graph on its canvas: layout, drawing, what lies where. The component only passes events on. */
import { Boxes, BoxKind, layOut, windowOf, type FlameShape, type Rows, type Window } from '../model/layout';
import { svgOf, type DrawnBox } from '../model/export';
import { boxAt } from '../model/pick';
import { formatZoom, partOf, windowOfPart } from '../model/zoom';
import { Atom } from '../state/atom';
import { FlameWindow } from '../state/flame_window';
import type { DrawnFrame, DrawnGraph } from '../state/handle';
import { FlamePainter, ROW_HEIGHT, type Look } from './flame_painter';

export interface Hit {
  readonly kind: 'frame' | 'hidden' | 'run';
  readonly node: number;
}

/** What decides where boxes lie: rows, and the part of the x axis. */
interface Seen extends Rows, Window {
  readonly shape: FlameShape;
  readonly width: number;
}

const SEEN = ['shape', 'width', 'first', 'last', 'start', 'span'] as const;

interface Shown {
  readonly shape: FlameShape;
  readonly look: Look;
  readonly rows: number;
  readonly orientation: 'icicle' | 'flame';
}

/** In a file: what is merged or was not sent. */
const SMALLER_FILL = '#c3c8d0';

const KINDS = ['frame', 'run', 'hidden'] as const;

export class FlameScene implements DrawnGraph {
  readonly view = new FlameWindow(
    () => this.draw(),
    () => this.settle(),
  );
  /** The part of the whole width that was drawn last. */
  readonly part = new Atom<Window>({ start: 0, span: 1 });
  /** Told the part of the width that hands have moved to, when they rest. */
  onSettled: (part: Window) => void = () => undefined;
  private readonly boxes = new Boxes();
  private readonly painter: FlamePainter;
  private readonly resized: ResizeObserver;
  private shown: Shown | null = null;
  /** What `boxes` hold. */
  private seen: Seen | null = null;
  private focused: FlameShape | null = null;
  /** What `onSettled` was told last: the address then says it back, perhaps while the hand moves on. */
  private told = '';
  private scheduled = 0;
  /** As of the last drawing: asking the browser for every box would lay out the page for every box. */
  private scrolled = 0;
  private lastMs = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly scroller: HTMLElement,
  ) {
    this.painter = new FlamePainter(canvas);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(scroller);
  }

  dispose(): void {
    this.resized.disconnect();
    this.view.stop();
    cancelAnimationFrame(this.scheduled);
  }

  show(shape: FlameShape, look: Look, rows: number, orientation: 'icicle' | 'flame'): void {
    // At first it is at the top, where the root of an icicle is: not to look spares a layout before the first picture.
    const turned = (this.shown?.orientation ?? 'icicle') !== orientation;
    this.shown = { shape, look, rows, orientation };
    if (turned) this.scrollToRoot();
    this.draw();
  }

  /** Zooms to a node, or to a part of the width: at once in a new tree, gliding in the same one. */
  focusOn(shape: FlameShape, node: number, part: Window | null): void {
    const same = this.focused === shape;
    if (same && part !== null && formatZoom('', part) === this.told) return;
    const target = part === null ? windowOf(shape, node) : windowOfPart(shape, part);
    if (same) this.view.glide(target);
    else this.view.jump(target);
    this.focused = shape;
    this.told = '';
  }

  /** Draws at the next frame of the screen, once however often it is called. */
  draw(): void {
    if (this.scheduled !== 0) return;
    this.scheduled = requestAnimationFrame(() => {
      this.scheduled = 0;
      this.drawNow();
    });
  }

  at(x: number, y: number): Hit | null {
    const row = this.rowAt(y);
    const box = boxAt(this.boxes, row, x);
    const kind = KINDS[this.boxes.kind[box] ?? -1];
    return kind === undefined ? null : { kind, node: this.boxes.node[box] ?? 0 };
  }

  /** Where a point of the window is, as a part of the width. */
  partUnder(clientX: number): number {
    return this.partAt(clientX - this.canvas.getBoundingClientRect().left);
  }

  /** The same for a point of the canvas. */
  partAt(x: number): number {
    const width = this.canvas.clientWidth;
    return width > 0 ? Math.min(1, Math.max(0, x / width)) : 0;
  }

  /** Scrolls so that the row of a node can be seen. */
  reveal(node: number): void {
    if (this.shown === null) return;
    const top = this.contentTop(this.shown.shape.tree.depth[node] ?? 0);
    const { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight)
      this.scroller.scrollTop = top + ROW_HEIGHT - clientHeight;
  }

  frameOf(node: number): DrawnFrame | undefined {
    const at = this.boxes.node
      .subarray(0, this.boxes.count)
      .findIndex((entry, i) => entry === node && this.isFrame(i));
    return at < 0 ? undefined : this.frame(at);
  }

  readonly frames = (): readonly DrawnFrame[] => {
    const drawn: DrawnFrame[] = [];
    for (let i = 0; i < this.boxes.count; i++) if (this.isFrame(i)) drawn.push(this.frame(i));
    return drawn;
  };

  readonly moving = (): boolean => this.view.moving || this.scheduled !== 0;

  readonly picture = (): HTMLCanvasElement => {
    const canvas = document.createElement('canvas');
    const { boxes, width, height, top } = this.layOutWhole();
    if (this.shown !== null) new FlamePainter(canvas).paint(boxes, width, height, top, this.shown.look);
    return canvas;
  };

  readonly svg = (): string => {
    const { boxes, width, height, top } = this.layOutWhole();
    const drawn: DrawnBox[] = [];
    for (let i = 0; i < boxes.count; i++) {
      const node = boxes.node[i] ?? 0;
      const isFrame = boxes.kind[i] === BoxKind.frame;
      drawn.push({
        name: isFrame ? (this.shown?.look.name(node) ?? '') : 'smaller frames',
        x: boxes.x[i] ?? 0,
        y: top(boxes.row[i] ?? 0),
        width: boxes.width[i] ?? 0,
        height: ROW_HEIGHT,
        fill: isFrame ? (this.shown?.look.fill(node) ?? '') : SMALLER_FILL,
        ink: this.shown?.look.ink(node) ?? '',
      });
    }
    return svgOf(drawn, width, height);
  };

  readonly drawingMs = (): number => this.lastMs;

  private settle(): void {
    if (this.shown === null) return;
    const part = partOf(this.shown.shape, this.view.window);
    this.told = formatZoom('', part);
    this.onSettled(part);
  }

  private layOutWhole() {
    const boxes = new Boxes();
    const { shape, rows = 1 } = this.shown ?? {};
    const width = this.scroller.clientWidth;
    if (shape !== undefined) layOut(shape, this.view.window, width, { first: 0, last: rows - 1 }, boxes);
    return { boxes, width, height: this.contentHeight(rows), top: (row: number) => this.contentTop(row) };
  }

  /** Makes the scrolled area as high as the graph and the canvas as large as what can be seen of it. */
  private setHeights(): { readonly width: number; readonly height: number } {
    const whole = this.contentHeight(this.shown?.rows ?? 1);
    if (this.canvas.parentElement !== null) this.canvas.parentElement.style.height = `${whole}px`;
    const width = this.scroller.clientWidth;
    const height = Math.min(whole, this.scroller.clientHeight);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    return { width, height };
  }

  /** The root of a flame graph is at the bottom, that of an icicle at the top. */
  private scrollToRoot(): void {
    this.setHeights();
    this.scroller.scrollTop = this.shown?.orientation === 'flame' ? this.scroller.scrollHeight : 0;
  }

  private drawNow(): void {
    if (this.shown === null) return;
    const begin = performance.now();
    const { shape, look } = this.shown;
    const { width, height } = this.setHeights();
    this.scrolled = this.measureScroll();
    const edges = [this.rowAt(0), this.rowAt(height - 1)];
    this.layOutSeen({ shape, width, first: Math.min(...edges), last: Math.max(...edges), ...this.view.window });
    this.painter.paint(this.boxes, width, height, (row) => this.top(row), look);
    this.lastMs = performance.now() - begin;
    this.part.set(partOf(shape, this.view.window));
  }

  /** A search, or a frame pointed at, changes how boxes look and not where they are. */
  private layOutSeen(seen: Seen): void {
    const same = this.seen !== null && SEEN.every((name) => this.seen?.[name] === seen[name]);
    this.seen = seen;
    if (!same) layOut(seen.shape, seen, seen.width, seen, this.boxes);
  }

  private isFrame(i: number): boolean {
    return this.boxes.kind[i] === BoxKind.frame;
  }

  private frame(i: number): DrawnFrame {
    const node = this.boxes.node[i] ?? 0;
    const depth = this.boxes.row[i] ?? 0;
    return {
      name: this.shown?.look.name(node) ?? '',
      x: this.boxes.x[i] ?? 0,
      y: this.top(depth),
      width: this.boxes.width[i] ?? 0,
      height: ROW_HEIGHT,
      depth,
    };
  }

  private top(row: number): number {
    return this.contentTop(row) - this.scrolled;
  }

  private contentTop(row: number): number {
    const { orientation = 'icicle', rows = 1 } = this.shown ?? {};
    return (orientation === 'flame' ? rows - 1 - row : row) * ROW_HEIGHT;
  }

  private contentHeight(rows: number): number {
    return rows * ROW_HEIGHT;
  }

  private rowAt(y: number): number {
    const { orientation = 'icicle', rows = 1 } = this.shown ?? {};
    const line = Math.floor((y + this.scrolled) / ROW_HEIGHT);
    return orientation === 'flame' ? rows - 1 - line : line;
  }

  /** How far the graph itself has moved under the canvas; never more than there is to scroll. */
  private measureScroll(): number {
    const most = this.contentHeight(this.shown?.rows ?? 0) - this.scroller.clientHeight;
    return Math.max(0, Math.min(most, this.scroller.scrollTop));
  }
}
