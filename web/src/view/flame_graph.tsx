/**
 * A flame graph on a canvas. The canvas is as large as what can be seen and sticks to the top of a scrolled
 * area as high as the whole graph, so that scrolling is the browser's own.
 */
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { FlameShape } from '../model/layout';
import type { Search } from '../model/search';
import { nodeName, type Functions } from '../model/tree';
import type { Atom } from '../state/atom';
import { useKeys, usePointer, useScene, useWheel, type Pointed } from './flame_hooks';
import type { FlameScene } from './flame_scene';
import { FlameTooltip } from './flame_tooltip';
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
  useWheel(props, scene, scroller);
  return (
    <div class="flame" data-testid={`flamegraph-${props.id}`}>
      <div class="flame-scroller" ref={scroller} onScroll={() => scene?.draw()}>
        <div class="flame-height">
          <canvas
            ref={canvas}
            tabIndex={0}
            role="application"
            aria-label={`${props.label}. Arrow keys move, Enter zooms, Escape goes back. The table has the same values.`}
            data-testid={`canvas-${props.id}`}
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
