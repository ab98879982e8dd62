/** Moves of the selection in a flame graph by keys. */
import type { FlameShape } from './layout';
import { childrenOf } from './tree';

export type Step = 'caller' | 'callee' | 'previous' | 'next';

/** The node one step away; the same node where there is none. The callee is the widest child. */
export function stepFrom(shape: FlameShape, node: number, step: Step): number {
  const { tree } = shape;
  const parent = tree.parent[node] ?? -1;
  if (step === 'caller') return parent < 0 ? node : parent;
  if (step === 'callee') return widest(shape, childrenOf(tree, node)) ?? node;
  if (parent < 0) return node;
  const siblings = childrenOf(tree, parent).filter((child) => (shape.width[child] ?? 0) > 0);
  return siblings[siblings.indexOf(node) + (step === 'next' ? 1 : -1)] ?? node;
}

function widest(shape: FlameShape, nodes: readonly number[]): number | undefined {
  const first = nodes[0];
  if (first === undefined) return undefined;
  return nodes.reduce(
    (best, node) => ((shape.width[node] ?? 0) > (shape.width[best] ?? 0) ? node : best),
    first,
  );
}
