/**
 * A call tree as columns: nodes in preorder, node 0 the root. `end[i]` is the first node after the subtree
 * of i, so the subtree is the range [i, end[i]) and the first child of i, if any, is i + 1.
 */
import { WholeColumn } from './columns';

export interface Functions {
  readonly name: readonly string[];
  readonly file: readonly string[];
  readonly line: Int32Array;
  readonly module: readonly string[];
  readonly kind: readonly string[];
}

export interface TreeLinks {
  /** Index into the functions; -1 for the root. */
  readonly function: Int32Array;
  readonly depth: Int32Array;
  readonly parent: Int32Array;
  readonly end: Int32Array;
  readonly hiddenCount: Float64Array;
  /** The deepest level, hidden frames counted as one level. */
  readonly deepest: number;
}

/** What one side of a tree is worth. A plain profile has one, a comparison two on the same links. */
export interface TreeValues {
  readonly self: WholeColumn;
  readonly total: WholeColumn;
  readonly hiddenTotal: WholeColumn;
}

export const ROOT = 0;

/** Parents and subtree ends from the depths; throws if the depths are no preorder of one tree. */
export function linkTree(functions: Int32Array, depth: Int32Array, hidden: WholeColumn): TreeLinks {
  const size = depth.length;
  const parent = new Int32Array(size);
  const end = new Int32Array(size);
  // The nodes from the root to the one at hand. A typed array: this loop is most of what a large answer costs.
  let open = new Int32Array(256);
  let count = 0;
  let deepest = 0;
  for (let i = 0; i < size; i++) {
    const level = depth[i] ?? 0;
    if (level > count || level < 0 || (level === 0) !== (i === 0)) {
      throw new RangeError(`node ${i} of the tree has the impossible depth ${level}`);
    }
    while (count > level) end[open[--count] ?? 0] = i;
    parent[i] = level === 0 ? -1 : (open[level - 1] ?? -1);
    if (count === open.length) {
      const longer = new Int32Array(2 * count);
      longer.set(open);
      open = longer;
    }
    open[count++] = i;
    if (level > deepest) deepest = level;
  }
  while (count > 0) end[open[--count] ?? 0] = size;
  const tree = { function: functions, depth, parent, end, hiddenCount: hidden.near };
  return { ...tree, deepest: hidden.isZero() ? deepest : deepestIn(tree, 0, size) };
}

/** The tree of the root's only child, where that has all of the root's value; else the tree as it is. */
export function ofOnlyChild<T extends { readonly tree: TreeLinks; readonly values: TreeValues }>(whole: T): T {
  const { tree, values } = whole;
  const size = tree.depth.length;
  if (size < 2 || tree.end[1] !== size || values.total.exact(0) !== values.total.exact(1)) return whole;
  const depth = tree.depth.subarray(1).map((level) => level - 1);
  const hidden = WholeColumn.packed(tree.hiddenCount.subarray(1), new Map());
  return {
    ...whole,
    tree: linkTree(tree.function.subarray(1), depth, hidden),
    values: { self: values.self.from(1), total: values.total.from(1), hiddenTotal: values.hiddenTotal.from(1) },
  };
}

/** The nodes from the root down to `node`, both included. */
export function pathTo(tree: TreeLinks, node: number): number[] {
  const path: number[] = [];
  for (let i = node; i >= 0; i = tree.parent[i] ?? -1) path.push(i);
  return path.reverse();
}

/** The children of a node, first to last. */
export function childrenOf(tree: TreeLinks, node: number): number[] {
  const children: number[] = [];
  const stop = tree.end[node] ?? 0;
  for (let i = node + 1; i < stop; i = tree.end[i] ?? stop) children.push(i);
  return children;
}

/** The deepest level below a node, hidden frames counted as one level. */
export function deepestBelow(tree: TreeLinks, node: number): number {
  return node === ROOT ? tree.deepest : deepestIn(tree, node, tree.end[node] ?? 0);
}

function deepestIn(tree: Pick<TreeLinks, 'depth' | 'hiddenCount'>, start: number, stop: number): number {
  let deepest = 0;
  for (let i = start; i < stop; i++) {
    const level = (tree.depth[i] ?? 0) + ((tree.hiddenCount[i] ?? 0) > 0 ? 1 : 0);
    if (level > deepest) deepest = level;
  }
  return deepest;
}

/** What to call a node: the function's name, "total" for the root. */
export function nodeName(tree: TreeLinks, functions: Functions, node: number): string {
  const at = tree.function[node] ?? -1;
  return at < 0 ? 'total' : (functions.name[at] ?? '');
}

/** "app.py:12", "app.py" without a line, "" without a file. */
export function placeOf(functions: Functions, at: number): string {
  const file = functions.file[at] ?? '';
  const line = functions.line[at] ?? 0;
  return file !== '' && line > 0 ? `${file}:${line}` : file;
}
