/**
 * `window.phlox`: a handle for tests and scripts, which cannot look into a canvas.
 *
 *     phlox.flamegraph('main')?.frames()      [{name, x, y, width, height, depth}], CSS pixels in the canvas
 *
 * Graphs are called main, and in a comparison diff, baseline and comparison. Only what is drawn is listed.
 */
export interface DrawnFrame {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
}

export interface DrawnGraph {
  readonly frames: () => readonly DrawnFrame[];
  /** True while a zoom is still moving. */
  readonly moving: () => boolean;
  /** The whole graph as it is zoomed, also what is scrolled out of sight. */
  readonly picture: () => HTMLCanvasElement;
  readonly svg: () => string;
  /** Milliseconds the last drawing took, layout included. */
  readonly drawingMs: () => number;
}

export interface Handle {
  readonly flamegraph: (id: string) => DrawnGraph | undefined;
}

declare global {
  interface Window {
    phlox?: Handle;
  }
}

const graphs = new Map<string, DrawnGraph>();

export function startHandle(): void {
  window.phlox = { flamegraph: (id) => graphs.get(id) };
}

export function graphOf(id: string): DrawnGraph | undefined {
  return graphs.get(id);
}

export function registerGraph(id: string, graph: DrawnGraph): () => void {
  graphs.set(id, graph);
  return () => {
    if (graphs.get(id) === graph) graphs.delete(id);
  };
}
