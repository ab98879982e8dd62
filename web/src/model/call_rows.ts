/**
 * Rows of the call tree as a table: the nodes whose callers are all open, in preorder, children in the table's order.
 * A row is a node; behind the children of a node comes what the server left out of them, as ~node.
 */
import { nodeKey } from './path_hash';
import { holdsMatch, isMatch, type Search } from './search';
import type { ProfileColumn, SortOrder } from './table';
import { childrenOf, nodeName, placeOf, type Functions, type TreeLinks, type TreeValues } from './tree';

export interface CallTree {
  readonly tree: TreeLinks;
  readonly functions: Functions;
  readonly values: TreeValues;
}

/** A way is followed by itself while it has so much of where it began. */
const HOT_SHARE = 0.5;
const MOST_HOT = 40;

/** Whether there is anything below a node. */
export function canOpen(tree: TreeLinks, node: number): boolean {
  return (tree.end[node] ?? 0) > node + 1 || (tree.hiddenCount[node] ?? 0) > 0;
}

/** Keys of the nodes that are open where nobody chose: the way of most of the value, below `root`, which always is. */
export function hotPath(call: CallTree, root: number): readonly string[] {
  const { tree, functions } = call;
  const total = call.values.total.near;
  const least = (total[root] ?? 0) * HOT_SHARE;
  const keys: string[] = [];
  for (let node = root; keys.length < MOST_HOT && canOpen(tree, node);) {
    if (node !== root) keys.push(nodeKey(tree, functions, node));
    const next = childrenOf(tree, node).reduce(
      (best, child) => ((total[child] ?? 0) > (total[best] ?? -1) ? child : best),
      -1,
    );
    if (next < 0 || (total[next] ?? 0) < least) break;
    node = next;
  }
  return keys;
}

export function callRows(
  call: CallTree,
  root: number,
  open: ReadonlySet<string>,
  found: Search | null,
  order: SortOrder<ProfileColumn>,
): Int32Array {
  const { tree, functions } = call;
  const before = comparison(call, order);
  const rows: number[] = [];
  // What is still to come, last first. A row below a match is shown whether it matches or not.
  const waiting: (readonly [number, boolean])[] = [[root, found === null]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [row, wanted] = next;
    rows.push(row);
    if (row < 0 || !canOpen(tree, row)) continue;
    if (row !== root && !open.has(nodeKey(tree, functions, row))) continue;
    const whole = wanted || found === null || isMatch(found, tree, row);
    if ((tree.hiddenCount[row] ?? 0) > 0) waiting.push([~row, true]);
    const children = childrenOf(tree, row).filter((child) => whole || holdsMatch(found, tree, child, tree.end[child] ?? child));
    for (const child of children.sort(before).reverse()) waiting.push([child, whole]);
  }
  return Int32Array.from(rows);
}

/** The keys with one node opened or closed. */
export function toggled(open: ReadonlySet<string>, key: string): readonly string[] {
  return open.has(key) ? [...open].filter((entry) => entry !== key) : [...open, key];
}

function comparison(call: CallTree, order: SortOrder<ProfileColumn>): (left: number, right: number) => number {
  const { tree, functions, values } = call;
  const sign = order.descending ? -1 : 1;
  if (order.column === 'function' || order.column === 'place') {
    const textOf = (node: number): string =>
      order.column === 'place' ? placeOf(functions, tree.function[node] ?? -1) : nodeName(tree, functions, node);
    return (left, right) => {
      const [one, other] = [textOf(left), textOf(right)];
      return one === other ? left - right : one < other ? -sign : sign;
    };
  }
  const column = (order.column === 'self' ? values.self : values.total).near;
  return (left, right) => sign * ((column[left] ?? 0) - (column[right] ?? 0)) || left - right;
}
