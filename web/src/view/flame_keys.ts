/** What a key means in a flame graph. */
import { stepFrom, type Step } from '../model/steps';
import type { FlameShape } from '../model/layout';

const KEY_ZOOM = 1.5;
const KEY_PAN = 0.2;

export interface Move {
  readonly select: number;
  readonly focus?: number;
}

export function flameKey(
  event: KeyboardEvent,
  shape: FlameShape,
  selected: number,
  focus: number,
  orientation: 'icicle' | 'flame',
  /** Whether another part is shown than the zoomed frame: the first way out leads back to it. */
  moved: boolean,
): Move | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const step = stepOf(event.key, orientation);
  if (step !== null) return selectIn(shape, stepFrom(shape, selected, step), focus);
  switch (event.key) {
    case 'Enter':
    case ' ':
      return { focus: selected, select: selected };
    case 'Escape':
      if (moved) return { focus, select: selected };
      return focus === 0 ? null : { focus: shape.tree.parent[focus] ?? 0, select: focus };
    case 'Home':
    case '0':
      return { focus: 0, select: 0 };
    default:
      return null;
  }
}

/** Keys that move the visible part of the width: by a factor, or by a part of it. */
export function windowKey(
  event: KeyboardEvent,
): { readonly zoom: number; readonly pan?: never } | { readonly pan: number; readonly zoom?: never } | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  switch (event.key) {
    case '+':
    case '=':
      return { zoom: 1 / KEY_ZOOM };
    case '-':
      return { zoom: KEY_ZOOM };
    case 'ArrowLeft':
      return event.shiftKey ? { pan: -KEY_PAN } : null;
    case 'ArrowRight':
      return event.shiftKey ? { pan: KEY_PAN } : null;
    default:
      return null;
  }
}

function stepOf(key: string, orientation: 'icicle' | 'flame'): Step | null {
  const downwards = orientation === 'icicle';
  switch (key) {
    case 'ArrowUp':
      return downwards ? 'caller' : 'callee';
    case 'ArrowDown':
      return downwards ? 'callee' : 'caller';
    case 'ArrowLeft':
      return 'previous';
    case 'ArrowRight':
      return 'next';
    default:
      return null;
  }
}

/** Selects a node; a sibling beside the zoomed frame is out of sight, so the zoom goes out to their caller. */
function selectIn(shape: FlameShape, node: number, focus: number): Move {
  const { tree } = shape;
  const below = node >= focus && node < (tree.end[focus] ?? 0);
  const above = node <= focus && focus < (tree.end[node] ?? 0);
  return below || above ? { select: node } : { select: node, focus: tree.parent[node] ?? 0 };
}
