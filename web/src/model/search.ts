/** Search in the frames that the page holds. */
import { ExactSum } from './columns';
import type { Functions, TreeLinks, TreeValues } from './tree';

export interface Search {
  /** 1 for each function that matches. */
  readonly functions: Uint8Array;
  readonly functionCount: number;
  /** Per BLOCK nodes: 1 if one of them matches. A million nodes are looked at once a key, and no list as long is made of it. */
  readonly blocks: Uint8Array;
}

/** Nodes are taken in blocks of 2 ** BLOCK_BITS. */
const BLOCK_BITS = 8;

/** What the matched frames are worth, each stack counted once. */
export interface Matched {
  readonly total: bigint;
  /** Value of hidden frames that may match as well: `total` is a lower bound by up to this much. */
  readonly unknown: bigint;
}

/** Functions whose name, file or module contains the text; null for an empty text. */
export function search(text: string, functions: Functions, tree: TreeLinks): Search | null {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return null;
  const { hits, count } = matching(wanted, functions);
  return { functions: hits.subarray(1), functionCount: count, blocks: blocksOf(tree, hits) };
}

/** Whether one of the nodes from `start` up to but not with `end` matches. */
export function holdsMatch(found: Search, tree: TreeLinks, start: number, end: number): boolean {
  let i = start;
  while (i < end) {
    const block = i >> BLOCK_BITS;
    const next = (block + 1) << BLOCK_BITS;
    if (found.blocks[block] === 1) {
      if (i === block << BLOCK_BITS && next <= end) return true;
      for (const stop = Math.min(next, end); i < stop; i++) if (isMatch(found, tree, i)) return true;
    }
    i = next;
  }
  return false;
}

export function isMatch(found: Search, tree: TreeLinks, node: number): boolean {
  const at = tree.function[node] ?? -1;
  // The root is no function, and one look at index -1 makes all that follow slow.
  return at >= 0 && found.functions[at] === 1;
}

/** Adds up the topmost matching frames: a stack with two matching frames counts once. */
export function matchedTotal(found: Search, tree: TreeLinks, values: TreeValues): Matched {
  const total = new ExactSum();
  const unknown = new ExactSum();
  const size = tree.function.length;
  const nothingHidden = values.hiddenTotal.isZero();
  for (let i = 0; i < size;) {
    if (nothingHidden && found.blocks[i >> BLOCK_BITS] === 0) {
      i = ((i >> BLOCK_BITS) + 1) << BLOCK_BITS;
    } else if (isMatch(found, tree, i)) {
      total.add(values.total, i);
      i = tree.end[i] ?? size;
    } else {
      unknown.add(values.hiddenTotal, i);
      i++;
    }
  }
  return { total: total.value, unknown: unknown.value };
}

/**
 * Makes texts and code ready, so that the first key of a search waits no longer than the next: a part for each idle moment.
 * Code is made for what it has met: for a search that finds nothing, and for one that finds something.
 */
export function* prepareSearch(functions: Functions, tree: TreeLinks, values: TreeValues): Generator<void> {
  textsOf(functions);
  for (const text of [IN_NO_TEXT, functions.name[0] ?? '']) {
    yield;
    const found = search(text, functions, tree);
    yield;
    if (found !== null) matchedTotal(found, tree, values);
  }
}

interface Hits {
  /** 0 for no function, which the root is, then 1 for each function that matches: a look beyond an array's end costs more than all else. */
  readonly hits: Uint8Array;
  readonly count: number;
}

function matching(wanted: string, functions: Functions): Hits {
  const texts = textsOf(functions);
  const hits = new Uint8Array(texts.length + 1);
  let count = 0;
  for (let i = 0; i < texts.length; i++) {
    if (!(texts[i] ?? '').includes(wanted)) continue;
    hits[i + 1] = 1;
    count++;
  }
  return { hits, count };
}

function blocksOf(tree: TreeLinks, hits: Uint8Array): Uint8Array {
  const functions = tree.function;
  const size = functions.length;
  const blocks = new Uint8Array((size >> BLOCK_BITS) + 1);
  for (let block = 0; block < blocks.length; block++) {
    const stop = Math.min(size, (block + 1) << BLOCK_BITS);
    let i = block << BLOCK_BITS;
    while (i < stop && hits[(functions[i] ?? -1) + 1] !== 1) i++;
    if (i < stop) blocks[block] = 1;
  }
  return blocks;
}

const IN_NO_TEXT = '\u0000\u0000\u0000';

const searched = new WeakMap<Functions, readonly string[]>();

/** What is searched of each function, in small letters: made once, as every key of a search reads all of it. */
function textsOf(functions: Functions): readonly string[] {
  const made =
    searched.get(functions) ??
    // The separator is in no name, so that nothing matches across two of them.
    functions.name.map((name, i) =>
      `${name}\u0000${functions.file[i] ?? ''}\u0000${functions.module[i] ?? ''}`.toLowerCase(),
    );
  searched.set(functions, made);
  return made;
}
