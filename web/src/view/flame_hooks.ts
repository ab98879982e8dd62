/** The moving parts of a flame graph: its scene, its look, pointer and keys; flame_hands.ts has what moves the view. */
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { holdsMatch, isMatch } from '../model/search';
import { deepestBelow, nodeName } from '../model/tree';
import { hoveredFunction, selectedFunction, zoomRequest } from '../state/frames';
import { registerGraph } from '../state/handle';
import { theme } from '../state/theme';
import type { FlameGraphProps } from './flame_graph';
import { flameKey, windowKey } from './flame_keys';
import type { Look } from './flame_painter';
import { FlameScene, type Hit } from './flame_scene';
import type { Point } from './flame_tooltip';
import { useAtom } from './hooks';

interface Ref<T> {
  readonly current: T | null;
}

export interface Pointed {
  readonly hit: Hit;
  readonly point: Point;
}

/** The scene on a canvas, showing what the props say, in the same frame as the page around it. null until the canvas exists. */
export function useScene(
  props: FlameGraphProps,
  canvas: Ref<HTMLCanvasElement>,
  scroller: Ref<HTMLDivElement>,
): FlameScene | null {
  const { id, shape, focus, orientation } = props;
  const [scene, setScene] = useState<FlameScene | null>(null);
  const look = useLook(props);
  const rows = useMemo(() => deepestBelow(shape.tree, focus) + 1, [shape, focus]);
  const request = useAtom(zoomRequest);
  useLayoutEffect(() => {
    if (canvas.current === null || scroller.current === null) return undefined;
    const made = new FlameScene(canvas.current, scroller.current);
    const unregister = registerGraph(id, made);
    setScene(made);
    return () => {
      unregister();
      made.dispose();
    };
  }, [id]);
  useLayoutEffect(() => scene?.show(shape, look, rows, orientation), [scene, shape, look, rows, orientation]);
  const part = props.part ?? null;
  useLayoutEffect(
    () => scene?.focusOn(shape, focus, part),
    [scene, shape, focus, part?.start, part?.span, request],
  );
  if (scene !== null) scene.onSettled = (moved) => props.onPart?.(moved, 'replace');
  return scene;
}

/** What the pointer is on, and the handlers that find it out. */
export function usePointer(props: FlameGraphProps, scene: FlameScene | null, selected: () => Pointed | null) {
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const [menu, setMenu] = useState<Pointed | null>(null);
  const clear = (): void => {
    hoveredFunction.set(-1);
    setPointed(null);
  };
  const move = (event: MouseEvent): void => {
    const hit = scene?.at(event.offsetX, event.offsetY) ?? null;
    hoveredFunction.set(hit?.kind === 'frame' ? (props.shape.tree.function[hit.node] ?? -1) : -1);
    setPointed(hit && { hit, point: { x: event.clientX, y: event.clientY } });
  };
  const click = (event: MouseEvent): void => {
    // With shift a box was drawn.
    if (event.shiftKey) return;
    const hit = scene?.at(event.offsetX, event.offsetY);
    if (hit?.kind === 'hidden') props.onOpenHidden();
    if (hit?.kind !== 'frame') return;
    select(props, hit.node);
    props.onFocus(hit.node);
    clear();
  };
  // By the right button, a long press, or the menu key, which means the selected frame.
  const openMenu = (event: MouseEvent): void => {
    const hit = scene?.at(event.offsetX, event.offsetY) ?? null;
    const byPointer = hit && { hit, point: { x: event.clientX, y: event.clientY } };
    const target = event.button === 2 || event.detail > 0 ? byPointer : (selected() ?? byPointer);
    if (target?.hit.kind !== 'frame') return;
    event.preventDefault();
    select(props, target.hit.node);
    clear();
    setMenu(target);
  };
  return { pointed, menu, clear, move, click, openMenu, closeMenu: () => setMenu(null) };
}

/** Moves the selection and the visible part by keys. */
export function useKeys(props: FlameGraphProps, scene: FlameScene | null) {
  return (event: KeyboardEvent): void => {
    if (scene === null || !(moveView(event, props, scene) || moveSelection(event, props, scene))) return;
    event.preventDefault();
    event.stopPropagation();
  };
}

function moveView(event: KeyboardEvent, props: FlameGraphProps, scene: FlameScene): boolean {
  const move = windowKey(event);
  if (move === null) return false;
  const frame = scene.frameOf(props.selection.get());
  const middle = frame === undefined ? 0.5 : scene.partAt(frame.x + frame.width / 2);
  if (move.zoom !== undefined) scene.view.zoom(props.shape, move.zoom, middle);
  else scene.view.pan(props.shape, move.pan);
  return true;
}

function moveSelection(event: KeyboardEvent, props: FlameGraphProps, scene: FlameScene): boolean {
  const selected = props.selection.get();
  const { shape, focus, orientation } = props;
  const moved = props.part != null;
  const move = flameKey(event, shape, selected < 0 ? focus : selected, focus, orientation, moved);
  if (move === null) return false;
  select(props, move.select);
  if (move.focus !== undefined) props.onFocus(move.focus);
  scene.reveal(move.select);
  return true;
}

function useLook(props: FlameGraphProps): Look {
  const { shape, functions, paint, found } = props;
  const mode = useAtom(theme);
  const hovered = useAtom(hoveredFunction);
  const chosen = useAtom(selectedFunction);
  const selected = useAtom(props.selection);
  return useMemo(() => {
    const functionOf = (node: number): number => shape.tree.function[node] ?? -1;
    return {
      ...paint,
      theme: mode,
      name: (node) => nodeName(shape.tree, functions, node),
      matches: found && ((node) => isMatch(found, shape.tree, node)),
      runMatches: (node, until) => found !== null && holdsMatch(found, shape.tree, node, until),
      outlined:
        hovered < 0 && chosen < 0
          ? null
          : (node) => functionOf(node) >= 0 && (functionOf(node) === hovered || functionOf(node) === chosen),
      selected,
    };
  }, [shape, functions, paint, found, mode, hovered, chosen, selected]);
}

function select(props: FlameGraphProps, node: number): void {
  props.selection.set(node);
  selectedFunction.set(props.shape.tree.function[node] ?? -1);
}
