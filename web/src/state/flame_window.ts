/** The visible part of one flame graph, moving smoothly to where it is sent. */
import { clampWindow, type FlameShape, type Window } from '../model/layout';

const ANIMATION_MS = 160;
/** A hand that rests for so long has arrived. */
const SETTLING_MS = 200;
const stillness = window.matchMedia('(prefers-reduced-motion: reduce)');

export class FlameWindow {
  private current: Window = { start: 0, span: 1 };
  private frame = 0;
  private timer = 0;

  /** `changed` is called whenever there is something new to draw, `settled` when hands have moved the window and rest. */
  constructor(
    private readonly changed: () => void,
    private readonly settled: () => void,
  ) {}

  get window(): Window {
    return this.current;
  }

  get moving(): boolean {
    return this.frame !== 0;
  }

  jump(target: Window): void {
    this.stop();
    this.current = target;
    this.changed();
  }

  glide(target: Window): void {
    const { start, span } = this.current;
    if (stillness.matches || (start === target.start && span === target.span)) {
      this.jump(target);
      return;
    }
    this.stop();
    const from = this.current;
    const begin = performance.now();
    const step = (time: number): void => {
      const part = Math.min(1, Math.max(0, time - begin) / ANIMATION_MS);
      this.current = part === 1 ? target : between(from, target, 1 - (1 - part) ** 3);
      this.frame = part === 1 ? 0 : requestAnimationFrame(step);
      this.changed();
    };
    this.frame = requestAnimationFrame(step);
  }

  /** Moves by a part of the visible width. */
  pan(shape: FlameShape, part: number): void {
    const { start, span } = this.current;
    this.byHand(shape, { start: start + part * span, span });
  }

  /** Shows `factor` times as much, keeping the point at `anchor` (0 … 1 of the width) in place. */
  zoom(shape: FlameShape, factor: number, anchor: number): void {
    const { start, span } = this.current;
    this.byHand(shape, { start: start + anchor * span * (1 - factor), span: span * factor });
  }

  /** Follows a hand. */
  byHand(shape: FlameShape, target: Window): void {
    this.jump(clampWindow(shape, target));
    this.timer = window.setTimeout(this.settled, SETTLING_MS);
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = 0;
  }
}

function between(from: Window, to: Window, part: number): Window {
  return {
    start: from.start + (to.start - from.start) * part,
    span: from.span + (to.span - from.span) * part,
  };
}
