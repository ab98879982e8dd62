/**
 * What `zoom` says in the address: the key of a frame (path_hash.ts), and behind "@" the part of the width that is
 * shown, where it is another than the frame's: "3-5be1f@0.25,0.1". The part is one of the whole, so it means the same
 * after a refresh, and whoever zooms to another frame forgets it.
 */
import type { FlameShape, Window } from './layout';

export interface Zoom {
  readonly key: string;
  /** Start and span as parts of the whole width, 0 … 1; null: what the frame takes. */
  readonly part: Window | null;
}

/** Digits that tell the parts of a graph apart that can still be zoomed to (clampWindow). */
const DIGITS = 12;

export function parseZoom(text: string): Zoom {
  const at = text.indexOf('@');
  if (at < 0) return { key: text, part: null };
  const [start = Number.NaN, span = Number.NaN, ...rest] = text.slice(at + 1).split(',').map(Number);
  const fits = start >= 0 && span > 0 && start + span <= 1 + 1e-9 && rest.length === 0;
  return { key: text.slice(0, at), part: fits ? { start, span } : null };
}

/** The whole width is no part. */
export function formatZoom(key: string, part: Window | null): string {
  if (part === null || part.span >= 1) return key;
  const [start, span] = [part.start, part.span].map((value) => String(Number(value.toFixed(DIGITS))));
  return `${key}@${start},${span}`;
}

export function partOf(shape: FlameShape, window: Window): Window {
  const whole = shape.extent[0] ?? 0;
  return whole > 0 ? { start: window.start / whole, span: window.span / whole } : { start: 0, span: 1 };
}

export function windowOfPart(shape: FlameShape, part: Window): Window {
  const whole = shape.extent[0] ?? 0;
  return { start: part.start * whole, span: part.span * whole };
}
