/** What the pointer and the keys are on, shared by the graphs and the table. Not part of the address. */
import { findNode, nodeKey } from '../model/path_hash';
import type { Functions, TreeLinks } from '../model/tree';
import { Atom } from './atom';

/** Index of the function under the pointer, in the graph or in the table; -1 for none. */
export const hoveredFunction = new Atom(-1);

/** Node selected by key or click; -1 for none. */
export const selectedNode = new Atom(-1);

/** Function selected in the table or by its node; -1 for none. */
export const selectedFunction = new Atom(-1);

/** Set anew when a graph shall go to the zoomed frame, even if it is that of the address already. */
export const zoomRequest = new Atom<object>({});

/** Brings graphs back to the zoomed frame after they were moved by the wheel. */
export function goToZoomed(): void {
  zoomRequest.set({});
}

interface NamedTree {
  readonly tree: TreeLinks;
  readonly functions: Functions;
}

let shown: NamedTree | null = null;

/** A new answer has new numbers for nodes and functions: the selection is found again by its names. */
export function showTree(next: NamedTree): void {
  const before = shown;
  shown = next;
  const node = selectedNode.get();
  const name = before?.functions.name[selectedFunction.get()];
  hoveredFunction.set(-1);
  selectedFunction.set(name === undefined ? -1 : next.functions.name.indexOf(name));
  if (before === null || node < 0) selectedNode.set(-1);
  else selectedNode.set(findNode(next.tree, next.functions, nodeKey(before.tree, before.functions, node)));
}
