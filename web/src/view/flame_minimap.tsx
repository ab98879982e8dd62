/** The whole flame graph in little, above the graph: what of it is shown, and a way to go elsewhere. */
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { rowsWithPart, type FlameShape, type Window } from '../model/layout';
import { isMatch } from '../model/search';
import { windowOfPart } from '../model/zoom';
import { theme } from '../state/theme';
import type { FlameGraphProps } from './flame_graph';
import type { FlameScene } from './flame_scene';
import { useAtom } from './hooks';
import { minimapHeight, paintMinimap } from './minimap_painter';

/** A row that has less of the width is a spike of some pixels, for which the others would have to be thinner. */
const LEAST_PART = 1 / 200;
/** Less than this, in pixels, was a click. */
const LEAST_DRAG = 4;

/** Keys do all of this in the graph itself, so nothing here is for those who cannot see it. */
export function FlameMinimap(props: { readonly graph: FlameGraphProps; readonly scene: FlameScene }) {
  const { graph, scene } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const before = useRef<HTMLDivElement>(null);
  const after = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => rowsWithPart(graph.shape, LEAST_PART), [graph.shape]);
  usePicture(graph, canvas, rows);
  useEffect(() => {
    const follow = (): void => {
      const { start, span } = scene.part.get();
      // Both shades are as wide as the map. Moved so, nothing is laid out or painted anew at each step of a zoom.
      before.current?.style.setProperty('transform', `translateX(${(start - 1) * 100}%)`);
      after.current?.style.setProperty('transform', `translateX(${(start + span) * 100}%)`);
    };
    follow();
    return scene.part.watch(follow);
  }, [scene]);
  const hand = useMemo(() => new MinimapHand(scene, graph.shape), [scene, graph.shape]);
  return (
    <div
      class="minimap"
      aria-hidden="true"
      title="All of it. Drag to show a part, or to move what is shown"
      data-testid={`minimap-${graph.id}`}
      style={{ height: `${minimapHeight(rows)}px` }}
      onPointerDown={hand.press}
      onPointerMove={hand.move}
      onPointerUp={hand.release}
      onPointerCancel={hand.cancel}
    >
      <canvas ref={canvas} />
      <div class="minimap-shade" ref={before} data-testid={`minimap-before-${graph.id}`} />
      <div class="minimap-shade" ref={after} data-testid={`minimap-after-${graph.id}`} />
    </div>
  );
}

function usePicture(
  graph: FlameGraphProps,
  canvas: { readonly current: HTMLCanvasElement | null },
  rows: number,
): void {
  const { shape, paint, found } = graph;
  const mode = useAtom(theme);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const matches = found && ((node: number) => isMatch(found, shape.tree, node));
    const draw = (): void => paintMinimap(element, shape, rows, { fill: paint.fill, matches, theme: mode });
    const resized = new ResizeObserver(draw);
    resized.observe(element);
    return () => resized.disconnect();
  }, [shape, paint, found, mode, rows]);
}

/** A drag that begins on what is shown moves it, one beside it shows another part, a click puts the middle there. */
class MinimapHand {
  private from = 0;
  private fromX = 0;
  private held: Window | null = null;
  private down = false;

  constructor(
    private readonly scene: FlameScene,
    private readonly shape: FlameShape,
  ) {}

  readonly press = (event: PointerEvent): void => {
    if (event.button !== 0 || !(event.currentTarget instanceof HTMLElement)) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    event.preventDefault();
    this.down = true;
    this.from = placeIn(event);
    this.fromX = event.clientX;
    const { start, span } = this.scene.part.get();
    const inside = span < 1 && this.from >= start && this.from <= start + span;
    this.held = inside ? { start, span } : null;
  };

  readonly move = (event: PointerEvent): void => {
    if (!this.down || Math.abs(event.clientX - this.fromX) < LEAST_DRAG) return;
    const to = placeIn(event);
    if (this.held !== null)
      this.show({ start: this.held.start + to - this.from, span: this.held.span });
    else this.show({ start: Math.min(this.from, to), span: Math.abs(to - this.from) });
  };

  readonly release = (event: PointerEvent): void => {
    if (!this.down) return;
    this.down = false;
    if (Math.abs(event.clientX - this.fromX) >= LEAST_DRAG) return;
    const { span } = this.scene.part.get();
    this.show({ start: this.from - span / 2, span });
  };

  readonly cancel = (): void => {
    this.down = false;
  };

  private show(part: Window): void {
    this.scene.view.byHand(this.shape, windowOfPart(this.shape, part));
  }
}

/** Where an event is, as a part of the width of its element. */
function placeIn(event: PointerEvent): number {
  if (!(event.currentTarget instanceof HTMLElement)) return 0;
  const { left, width } = event.currentTarget.getBoundingClientRect();
  return width > 0 ? Math.min(1, Math.max(0, (event.clientX - left) / width)) : 0;
}
