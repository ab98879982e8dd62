/**
 * A flame graph on a canvas. The canvas is as large as what can be seen and sticks to the top of a scrolled
 * area as high as the whole graph, so that scrolling is the browser's own.
 */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { FlameShape, Window } from '../model/layout';
import type { Search } from '../model/search';
import { nodeName, type Functions } from '../model/tree';
import type { Atom } from '../state/atom';
import { useBox, useTouch, useWheel } from './flame_hands';
import { useKeys, usePointer, useScene, type Pointed } from './flame_hooks';
import { FlameMinimap } from './flame_minimap';
import type { FlameScene } from './flame_scene';
import { FlameTooltip, type Point } from './flame_tooltip';
import { FrameMenu, type FrameAction } from './frame_menu';
import { useAtom } from './hooks';

export interface FlamePaint {
  readonly fill: (node: number) => string;
  readonly ink: (node: number) => string;
  readonly note: (node: number) => string;
}

export interface FlameGraphProps {
  readonly id: string;
  readonly label: string;
  readonly shape: FlameShape;
  readonly functions: Functions;
  readonly paint: FlamePaint;
  readonly focus: number;
  readonly onFocus: (node: number) => void;
  /** The part of the whole width that is shown (zoom.ts); null: what `focus` takes. */
  readonly part?: Window | null;
  /** Told where hands move the graph. With it the graph has a minimap. */
  readonly onPart?: (part: Window, history: 'push' | 'replace') => void;
  readonly found: Search | null;
  readonly orientation: 'icicle' | 'flame';
  readonly describe: (node: number) => ComponentChildren;
  readonly describeHidden: (node: number) => ComponentChildren;
  readonly onOpenHidden: () => void;
  /** The node selected by key or click; graphs of one tree share it. */
  readonly selection: Atom<number>;
  readonly actions: (node: number) => readonly FrameAction[];
  /** One line on a node for those who cannot see it. */
  readonly say: (node: number) => string;
}

export function FlameGraph(props: FlameGraphProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [focused, setFocused] = useState(false);
  const selected = useAtom(props.selection);
  const scene = useScene(props, canvas, scroller);
  const pointer = usePointer(props, scene, () => keyTarget(scene, selected, canvas.current));
  const press = useKeys(props, scene);
  const box = useBox(props, scene);
  useWheel(props, scene, scroller);
  useTouch(props, scene, scroller);
  return (
    <div class="flame" data-testid={`flamegraph-${props.id}`}>
      {props.onPart !== undefined && scene !== null && <FlameMinimap graph={props} scene={scene} />}
      <div class="flame-scroller" ref={scroller} onScroll={() => scene?.draw()}>
        <div class="flame-height">
          <canvas
            ref={canvas}
            tabIndex={0}
            role="application"
            aria-label={`${props.label}. Arrow keys move, Enter zooms, Escape goes back. The table has the same values.`}
            data-testid={`canvas-${props.id}`}
            onPointerDown={box.press}
            onPointerMove={box.move}
            onPointerUp={box.release}
            onPointerCancel={box.cancel}
            onMouseMove={pointer.move}
            onMouseLeave={pointer.clear}
            onClick={pointer.click}
            onContextMenu={pointer.openMenu}
            onKeyDown={press}
            onFocus={(event) => setFocused(event.currentTarget.matches(':focus-visible'))}
            onBlur={() => setFocused(false)}
          />
        </div>
      </div>
      {box.ends !== null && <DrawnBox ends={box.ends} />}
      <p class="visually-hidden" aria-live="polite" data-testid={`said-${props.id}`}>
        {focused && selected >= 0 ? props.say(selected) : ''}
      </p>
      {pointer.menu === null ? (
        <Tip
          {...props}
          pointed={pointer.pointed ?? (focused ? keyTarget(scene, selected, canvas.current) : null)}
        />
      ) : (
        <FrameMenu
          title={nodeName(props.shape.tree, props.functions, pointer.menu.hit.node)}
          point={pointer.menu.point}
          actions={props.actions(pointer.menu.hit.node)}
          onClose={() => {
            pointer.closeMenu();
            canvas.current?.focus();
          }}
        />
      )}
    </div>
  );
}

function DrawnBox(props: { readonly ends: readonly [Point, Point] }) {
  const [from, to] = props.ends;
  const style = {
    left: `${Math.min(from.x, to.x)}px`,
    top: `${Math.min(from.y, to.y)}px`,
    width: `${Math.abs(to.x - from.x)}px`,
    height: `${Math.abs(to.y - from.y)}px`,
  };
  return <div class="flame-box" style={style} data-testid="zoom-box" />;
}

function Tip(props: FlameGraphProps & { readonly pointed: Pointed | null }) {
  if (props.pointed === null) return null;
  const { hit, point } = props.pointed;
  return (
    <FlameTooltip point={point}>
      {hit.kind === 'frame' && props.describe(hit.node)}
      {hit.kind === 'hidden' && props.describeHidden(hit.node)}
      {hit.kind === 'run' && <p>Frames too narrow to draw. Zoom in to see them.</p>}
    </FlameTooltip>
  );
}

/** Where the tooltip of the frame selected by key goes: below its left part. */
function keyTarget(scene: FlameScene | null, node: number, canvas: HTMLCanvasElement | null): Pointed | null {
  const frame = scene?.frameOf(node);
  if (frame === undefined || canvas === null) return null;
  const box = canvas.getBoundingClientRect();
  return {
    hit: { kind: 'frame', node },
    point: { x: box.left + frame.x + Math.min(frame.width / 2, 40), y: box.top + frame.y + frame.height },
  };
}
