/** Draws the boxes of a flame graph onto a canvas. Knows nothing of trees, only of boxes and how they look. */
import { BoxKind, type Boxes } from '../model/layout';
import type { Theme } from '../model/colors';
import { RowStrips } from './row_strips';

export const ROW_HEIGHT = 20;
const FONT = '12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const PADDING = 4;
const LEAST_TEXT = 22;
/** Characters that surely have the width of a digit in a monospaced font. */
const NARROW = /^[\x20-\x7e…]*$/;

export interface Look {
  readonly theme: Theme;
  readonly fill: (node: number) => string;
  readonly ink: (node: number) => string;
  readonly name: (node: number) => string;
  /** A short value behind the name where there is room. */
  readonly note: (node: number) => string;
  /** With a search: whether a node matches, and whether a run holds a match. */
  readonly matches: ((node: number) => boolean) | null;
  readonly runMatches: (node: number, until: number) => boolean;
  /** null for none. */
  readonly outlined: ((node: number) => boolean) | null;
  readonly selected: number;
}

interface Inks {
  readonly ground: string;
  readonly run: string;
  readonly faded: string;
  readonly fadedInk: string;
  readonly runMatch: string;
  readonly outline: string;
  readonly hatch: string;
}

/** Colours that do not depend on the frame. */
export const INKS: { readonly [theme in Theme]: Inks } = {
  light: {
    ground: '#ffffff',
    run: '#c3c8d0',
    faded: '#eceef1',
    fadedInk: '#5b616b',
    runMatch: '#b0308f',
    outline: '#16181d',
    hatch: '#9aa1ad',
  },
  dark: {
    ground: '#16181d',
    run: '#565d69',
    faded: '#2a2e36',
    fadedInk: '#a9b0bc',
    runMatch: '#ff8be0',
    outline: '#ffffff',
    hatch: '#6c7482',
  },
};

export class FlamePainter {
  private readonly context: CanvasRenderingContext2D | null;
  private readonly hatches = new Map<Theme, CanvasPattern | string>();
  private readonly strips = new RowStrips();
  private characterWidth = 7.2;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext('2d', { alpha: false });
  }

  /** `top` of a row in CSS pixels; rows outside of the canvas are cut off by it. */
  paint(boxes: Boxes, width: number, height: number, top: (row: number) => number, look: Look): void {
    const context = this.context;
    if (context === null) return;
    const inks = INKS[look.theme];
    this.fit(context, width, height);
    context.fillStyle = inks.ground;
    context.fillRect(0, 0, width, height);
    this.boxes(context, boxes, width, top, look, inks);
    context.font = FONT;
    context.textBaseline = 'middle';
    for (let i = 0; i < boxes.count; i++) this.label(context, boxes, i, top(boxes.row[i] ?? 0), look, inks);
    this.outlines(context, boxes, top, look, inks);
  }

  private fit(context: CanvasRenderingContext2D, width: number, height: number): void {
    const scale = window.devicePixelRatio;
    const wide = Math.max(1, Math.round(width * scale));
    const high = Math.max(1, Math.round(height * scale));
    if (this.canvas.width !== wide) this.canvas.width = wide;
    if (this.canvas.height !== high) this.canvas.height = high;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.font = FONT;
    this.characterWidth = context.measureText('0').width;
  }

  private boxes(
    context: CanvasRenderingContext2D,
    boxes: Boxes,
    width: number,
    top: (row: number) => number,
    look: Look,
    inks: Inks,
  ): void {
    const scale = window.devicePixelRatio;
    const [first, last] = rowsOf(boxes);
    if (last < first) return;
    const { strips } = this;
    strips.begin(Math.max(1, Math.round(width * scale)), last - first + 1, inks.ground);
    const gap = Math.max(1, Math.round(scale));
    for (let i = 0; i < boxes.count; i++) {
      if (boxes.kind[i] === BoxKind.hidden) continue;
      const left = Math.round((boxes.x[i] ?? 0) * scale);
      const right = Math.round(((boxes.x[i] ?? 0) + (boxes.width[i] ?? 0)) * scale);
      // A gap of a pixel between neighbours, unless they would vanish.
      const end = (boxes.width[i] ?? 0) > 3 ? right - gap : right;
      strips.box((boxes.row[i] ?? 0) - first, left, end, fillOf(boxes, i, look, inks));
    }
    strips.end(context, scale, ROW_HEIGHT - 1, (row) => top(row + first));
    this.hidden(context, boxes, top, look.theme);
  }

  private hidden(
    context: CanvasRenderingContext2D,
    boxes: Boxes,
    top: (row: number) => number,
    mode: Theme,
  ): void {
    context.fillStyle = this.hatchOf(context, mode);
    for (let i = 0; i < boxes.count; i++) {
      if (boxes.kind[i] !== BoxKind.hidden) continue;
      const width = boxes.width[i] ?? 0;
      context.fillRect(boxes.x[i] ?? 0, top(boxes.row[i] ?? 0), width > 3 ? width - 1 : width, ROW_HEIGHT - 1);
    }
  }

  private label(
    context: CanvasRenderingContext2D,
    boxes: Boxes,
    i: number,
    y: number,
    look: Look,
    inks: Inks,
  ): void {
    const width = boxes.width[i] ?? 0;
    if (width < LEAST_TEXT || boxes.kind[i] !== BoxKind.frame) return;
    const node = boxes.node[i] ?? 0;
    const name = look.name(node);
    const room = Math.floor((width - 2 * PADDING) / this.characterWidth);
    const x = (boxes.x[i] ?? 0) + PADDING;
    const middle = y + ROW_HEIGHT / 2;
    const lit = look.matches === null || look.matches(node);
    context.fillStyle = lit ? look.ink(node) : inks.fadedInk;
    const text = shorten(name, room);
    // Wide characters are squeezed into the box. Only they: a width to keep makes the browser measure each text.
    if (NARROW.test(text)) context.fillText(text, x, middle);
    else context.fillText(text, x, middle, width - 2 * PADDING);
    const note = room > name.length + 10 ? look.note(node) : '';
    if (note === '' || name.length + note.length + 2 > room) return;
    context.fillText(note, x + (name.length + 2) * this.characterWidth, middle);
  }

  private outlines(
    context: CanvasRenderingContext2D,
    boxes: Boxes,
    top: (row: number) => number,
    look: Look,
    inks: Inks,
  ): void {
    const { outlined, selected } = look;
    if (outlined === null && selected < 0) return;
    context.strokeStyle = inks.outline;
    for (let i = 0; i < boxes.count; i++) {
      const node = boxes.node[i] ?? 0;
      if (boxes.kind[i] !== BoxKind.frame || (node !== selected && outlined?.(node) !== true)) continue;
      context.lineWidth = node === selected ? 2 : 1;
      const inset = context.lineWidth / 2;
      const width = (boxes.width[i] ?? 0) - 1 - 2 * inset;
      if (width <= 0) continue;
      context.strokeRect(
        (boxes.x[i] ?? 0) + inset,
        top(boxes.row[i] ?? 0) + inset,
        width,
        ROW_HEIGHT - 1 - 2 * inset,
      );
    }
  }

  private hatchOf(context: CanvasRenderingContext2D, mode: Theme): CanvasPattern | string {
    const made = this.hatches.get(mode) ?? makeHatch(context, INKS[mode]);
    this.hatches.set(mode, made);
    return made;
  }
}

function fillOf(boxes: Boxes, i: number, look: Look, inks: Inks): string {
  const node = boxes.node[i] ?? 0;
  if (boxes.kind[i] === BoxKind.run) {
    if (look.matches === null) return inks.run;
    return look.runMatches(node, boxes.until[i] ?? node) ? inks.runMatch : inks.faded;
  }
  return look.matches === null || look.matches(node) ? look.fill(node) : inks.faded;
}

/** The first and the last row that has a box. */
function rowsOf(boxes: Boxes): readonly [number, number] {
  let [first, last] = [Infinity, -Infinity];
  for (let i = 0; i < boxes.count; i++) {
    const row = boxes.row[i] ?? 0;
    if (row < first) first = row;
    if (row > last) last = row;
  }
  return [first, last];
}

function makeHatch(context: CanvasRenderingContext2D, inks: Inks): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const pen = tile.getContext('2d');
  if (pen === null) return inks.run;
  pen.fillStyle = inks.faded;
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = inks.hatch;
  pen.beginPath();
  for (const at of [-3, 3]) {
    pen.moveTo(at, 6);
    pen.lineTo(at + 6, 0);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat') ?? inks.run;
}

/** At most `room` characters, the last one an ellipsis if something was cut. */
export function shorten(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 2 ? '' : `${text.slice(0, room - 1)}…`;
}
