/** Draws a whole flame graph without words, its root at the top. */
import type { Theme } from '../model/colors';
import { Boxes, BoxKind, layOut, type FlameShape } from '../model/layout';
import { INKS } from './flame_painter';
import { RowStrips } from './row_strips';

const MOST_HEIGHT = 40;
const LEAST_HEIGHT = 14;
const MOST_ROW = 4;

export interface MinimapLook {
  readonly theme: Theme;
  readonly fill: (node: number) => string;
  readonly matches: ((node: number) => boolean) | null;
}

/** Pixels for a graph of so many rows: few rows need little, many share what there is. */
export function minimapHeight(rows: number): number {
  return Math.max(LEAST_HEIGHT, Math.min(MOST_HEIGHT, rows * MOST_ROW));
}

export function paintMinimap(canvas: HTMLCanvasElement, shape: FlameShape, rows: number, look: MinimapLook): void {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) return;
  const scale = window.devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const inks = INKS[look.theme];
  context.fillStyle = inks.ground;
  context.fillRect(0, 0, width, height);
  const boxes = laidOut(shape, width, rows);
  strips.begin(canvas.width, rows, inks.ground);
  for (let i = 0; i < boxes.count; i++) {
    const node = boxes.node[i] ?? 0;
    const lit = look.matches === null || look.matches(node);
    const color = boxes.kind[i] !== BoxKind.frame ? inks.run : lit ? look.fill(node) : inks.faded;
    const x = boxes.x[i] ?? 0;
    strips.box(boxes.row[i] ?? 0, Math.round(x * scale), Math.round((x + (boxes.width[i] ?? 0)) * scale), color);
  }
  strips.endWhole(context, scale, Math.min(MOST_ROW, height / rows));
}

const strips = new RowStrips();

interface Laid {
  readonly boxes: Boxes;
  readonly width: number;
  readonly rows: number;
}

/** What was laid out last of a graph that is still there: a search only changes its colours. */
const laid = new WeakMap<FlameShape, Laid>();

function laidOut(shape: FlameShape, width: number, rows: number): Boxes {
  const known = laid.get(shape);
  if (known !== undefined && known.width === width && known.rows === rows) return known.boxes;
  const boxes = new Boxes();
  layOut(shape, { start: 0, span: shape.extent[0] ?? 0 }, width, { first: 0, last: rows - 1 }, boxes);
  laid.set(shape, { boxes, width, rows });
  return boxes;
}
