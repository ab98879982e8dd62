/**
 * A short name for a node that survives a refresh: "depth-hash", the hash taken over the names from the root.
 * Node numbers change with each answer, whole paths would not fit into an address.
 */
import { pathTo, ROOT, type Functions, type TreeLinks } from './tree';

const SEED = 0x811c9dc5;

export function nodeKey(tree: TreeLinks, functions: Functions, node: number): string {
  if (node === ROOT) return '';
  const hash = pathTo(tree, node).reduce((above, at) => mix(above, nameHash(tree, functions, at)), SEED);
  return `${tree.depth[node] ?? 0}-${hash.toString(16)}`;
}

/** The node with that key, the root if there is none. */
export function findNode(tree: TreeLinks, functions: Functions, key: string): number {
  const parts = /^(\d{1,4})-([0-9a-f]{1,8})$/.exec(key);
  if (parts === null) return ROOT;
  const depth = Number(parts[1]);
  const wanted = Number.parseInt(parts[2] ?? '', 16);
  const names = functions.name.map(hashText);
  const above: number[] = [];
  for (let i = 0; i < tree.depth.length; i++) {
    const level = tree.depth[i] ?? 0;
    if (level > depth) continue;
    const hash = mix(above[level - 1] ?? SEED, names[tree.function[i] ?? -1] ?? 0);
    above[level] = hash;
    if (level === depth && hash === wanted) return i;
  }
  return ROOT;
}

/** FNV-1a over UTF-16 code units. */
export function hashText(text: string): number {
  let hash = SEED;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function nameHash(tree: TreeLinks, functions: Functions, node: number): number {
  const at = tree.function[node] ?? -1;
  return at < 0 ? 0 : hashText(functions.name[at] ?? '');
}

function mix(above: number, name: number): number {
  return Math.imul(Math.imul(above, 31) ^ name, 0x01000193) >>> 0;
}
