/** Search in the frames that the page holds. */
import { ExactSum } from './columns';
import type { Functions, TreeLinks, TreeValues } from './tree';

export interface Search {
  /** 1 for each function that matches. */
  readonly functions: Uint8Array;
  readonly functionCount: number;
  /** before[i]: how many of the nodes 0 … i-1 match; a subtree holds a match if before[end] > before[i]. */
  readonly before: Int32Array;
}

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
  const hits = new Uint8Array(functions.name.length);
  const texts = textsOf(functions);
  let functionCount = 0;
  for (let i = 0; i < hits.length; i++) {
    if (!matches(texts, i, wanted)) continue;
    hits[i] = 1;
    functionCount++;
  }
  const size = tree.function.length;
  const before = new Int32Array(size + 1);
  let count = 0;
  for (let i = 0; i < size; i++) {
    // The root has no function. A look beyond a column's ends would cost as much as all the rest.
    const at = tree.function[i] ?? -1;
    if (at >= 0) count += hits[at] ?? 0;
    before[i + 1] = count;
  }
  return { functions: hits, functionCount, before };
}

/** Makes texts and code ready, so that the first key of a search waits no longer than the next. For an idle moment. */
export function prepareSearch(functions: Functions, tree: TreeLinks): void {
  search(IN_NO_TEXT, functions, tree);
}

/** Adds up the topmost matching frames: a stack with two matching frames counts once. */
export function matchedTotal(found: Search, tree: TreeLinks, values: TreeValues): Matched {
  const total = new ExactSum();
  const unknown = new ExactSum();
  const size = tree.function.length;
  for (let i = 0; i < size;) {
    if (found.functions[tree.function[i] ?? -1] === 1) {
      total.add(values.total, i);
      i = tree.end[i] ?? size;
    } else {
      unknown.add(values.hiddenTotal, i);
      i++;
    }
  }
  return { total: total.value, unknown: unknown.value };
}

function matches(texts: readonly string[], at: number, wanted: string): boolean {
  return (texts[at] ?? '').includes(wanted);
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
