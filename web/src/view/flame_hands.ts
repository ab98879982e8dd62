/** What moves the visible part of a flame graph: wheel, fingers, and a box drawn with shift. */
import { useEffect, useState } from 'preact/hooks';
import { clampWindow } from '../model/layout';
import { partOf } from '../model/zoom';
import type { FlameGraphProps } from './flame_graph';
import type { FlameScene } from './flame_scene';
import type { Point } from './flame_tooltip';

interface Ref<T> {
  readonly current: T | null;
}

/** Listens on a graph's scroller while graph and scene are the same. `listen` gives back what ends it. */
function useScroller(
  props: FlameGraphProps,
  scene: FlameScene | null,
  scroller: Ref<HTMLDivElement>,
  listen: (element: HTMLDivElement, scene: FlameScene) => () => void,
): void {
  useEffect(() => {
    const element = scroller.current;
    return element === null || scene === null ? undefined : listen(element, scene);
  }, [scene, props.shape]);
}

/** With ctrl (or a pinch on a pad) the wheel zooms around the pointer, sideways or with shift it pans, else it scrolls. */
export function useWheel(
  props: FlameGraphProps,
  shown: FlameScene | null,
  scroller: Ref<HTMLDivElement>,
): void {
  const { shape } = props;
  useScroller(props, shown, scroller, (element, scene) => {
    const wheel = (event: WheelEvent): void => {
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey)
        scene.view.zoom(shape, Math.exp(event.deltaY * 0.002), scene.partUnder(event.clientX));
      else if (sideways !== 0) scene.view.pan(shape, sideways / Math.max(1, element.clientWidth));
      else return;
      event.preventDefault();
    };
    // Passive listeners, the default for wheels, could not keep the browser from zooming the page.
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  });
}

interface Grip {
  readonly count: number;
  /** Their middle as a part of the width, and how far apart they are in pixels. */
  readonly middle: number;
  readonly apart: number;
}

/** Two fingers zoom around their middle and take it along; one pans sideways, and scrolls as the browser does it. */
export function useTouch(
  props: FlameGraphProps,
  shown: FlameScene | null,
  scroller: Ref<HTMLDivElement>,
): void {
  const { shape } = props;
  useScroller(props, shown, scroller, (element, scene) => {
    let last: Grip | null = null;
    const hold = (event: TouchEvent): void => {
      last = gripOf(event.touches, scene);
    };
    const move = (event: TouchEvent): void => {
      const next = gripOf(event.touches, scene);
      // What cannot be cancelled is the browser scrolling.
      if (next === null || last === null || next.count !== last.count || !event.cancelable) return;
      if (next.count === 2 && next.apart > 0) scene.view.zoom(shape, last.apart / next.apart, last.middle);
      scene.view.pan(shape, last.middle - next.middle);
      last = next;
      event.preventDefault();
    };
    for (const name of ['touchstart', 'touchend', 'touchcancel'] as const) element.addEventListener(name, hold);
    element.addEventListener('touchmove', move, { passive: false });
    return () => {
      for (const name of ['touchstart', 'touchend', 'touchcancel'] as const)
        element.removeEventListener(name, hold);
      element.removeEventListener('touchmove', move);
    };
  });
}

function gripOf(touches: TouchList, scene: FlameScene): Grip | null {
  const [one, two] = [touches[0], touches[1]];
  if (one === undefined || touches.length > 2) return null;
  if (two === undefined) return { count: 1, middle: scene.partUnder(one.clientX), apart: 0 };
  return {
    count: 2,
    middle: scene.partUnder((one.clientX + two.clientX) / 2),
    apart: Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY),
  };
}

/** Less than this was a click with an unsteady hand. */
const LEAST_BOX = 4;

/** A box drawn with shift held becomes the whole width. */
export function useBox(props: FlameGraphProps, scene: FlameScene | null) {
  const [ends, setEnds] = useState<readonly [Point, Point] | null>(null);
  const drawing = ends !== null;
  useEffect(() => {
    if (!drawing) return undefined;
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setEnds(null);
    };
    document.addEventListener('keydown', key);
    return () => document.removeEventListener('keydown', key);
  }, [drawing]);
  const press = (event: PointerEvent): void => {
    if (!event.shiftKey || event.button !== 0 || event.pointerType === 'touch') return;
    if (event.currentTarget instanceof Element) event.currentTarget.setPointerCapture(event.pointerId);
    setEnds([pointOf(event), pointOf(event)]);
  };
  const move = (event: PointerEvent): void => {
    if (ends !== null) setEnds([ends[0], pointOf(event)]);
  };
  const release = (event: PointerEvent): void => {
    if (ends === null || scene === null) return;
    setEnds(null);
    const sides = [ends[0].x, event.clientX];
    const [left, right] = [Math.min(...sides), Math.max(...sides)];
    if (right - left >= LEAST_BOX) zoomTo(props, scene, scene.partUnder(left), scene.partUnder(right));
  };
  return { ends, press, move, release, cancel: () => setEnds(null) };
}

/** Goes to a part of what is visible; "back" leads out again where the address says how the graph is zoomed. */
function zoomTo(props: FlameGraphProps, scene: FlameScene, left: number, right: number): void {
  const { start, span } = scene.view.window;
  const target = clampWindow(props.shape, { start: start + left * span, span: (right - left) * span });
  if (props.onPart === undefined) scene.view.glide(target);
  else props.onPart(partOf(props.shape, target), 'push');
}

function pointOf(event: PointerEvent): Point {
  return { x: event.clientX, y: event.clientY };
}
