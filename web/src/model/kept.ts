/**
 * The page with what it shows in one HTML file, which needs neither server nor network:
 * docs/formats/kept-page.md. The file is the built page `kept.html` with packed JSON in one of its elements.
 */
import { parseComparison, parseProfile, parseTimeline, type Comparison, type Profile, type Timeline } from './answers';
import { formatWhole } from './cores';
import { FormatError, record, small, text } from './decode';
import type { TreeLinks } from './tree';

export const KEPT_ID = 'phlox-kept';
const PLACE = `<script type="text/plain" id="${KEPT_ID}">`;

/** What the file is kept below, so that it passes through mail and chats. */
export const MAX_FILE_BYTES = 1_000_000;

/** How many frames are tried, largest first, until the file is small enough. */
export const NODE_STEPS: readonly number[] = [65536, 32768, 16384, 8192, 4096, 2048, 1024, 512, 256, 64];

/** Rows of the table that go with so many frames. */
export function rowsFor(nodes: number): number {
  return Math.min(1000, nodes);
}

export type Shown =
  | { readonly profile: Profile; readonly timeline: Timeline | null }
  | { readonly comparison: Comparison };

export interface Kept {
  /** What was profiled; "" where the selection says it. */
  readonly title: string;
  readonly madeMs: number;
  readonly type: string;
  /** The address of the page that was kept, without its path. */
  readonly view: string;
  readonly shown: Shown;
}

export function parseKept(value: unknown): Kept {
  const content = record(value, 'file');
  if (small(content['version'], 'version') !== 1)
    throw new FormatError('this file was written by a version of phlox that this page does not know');
  return {
    title: text(content['title'], 'title'),
    madeMs: small(content['made_ms'], 'made_ms'),
    type: text(content['type'], 'type'),
    view: text(content['view'], 'view'),
    shown:
      content['comparison'] === undefined
        ? {
            profile: parseProfile(content['profile']),
            timeline: content['timeline'] === undefined ? null : parseTimeline(content['timeline']),
          }
        : { comparison: parseComparison(content['comparison']) },
  };
}

/** Puts packed content into the built page; null if it does not fit the limit. */
export function fillPage(page: string, packed: string): string | null {
  const at = page.indexOf(PLACE);
  if (at < 0) throw new FormatError('the server has no page that can be kept in a file');
  const end = at + PLACE.length;
  const file = page.slice(0, end) + packed + page.slice(end);
  return new TextEncoder().encode(file).length <= MAX_FILE_BYTES ? file : null;
}

export interface Cut {
  readonly frames: number;
  readonly hiddenFrames: number;
  readonly functions: number;
  readonly hiddenFunctions: number;
}

/** How much of the profile is not in the file. */
export function cutOf(tree: TreeLinks, table: { readonly function: Int32Array; readonly leftOut: number }): Cut {
  return {
    frames: tree.depth.length - 1,
    hiddenFrames: tree.hiddenCount.reduce((sum, count) => sum + count, 0),
    functions: table.function.length,
    hiddenFunctions: table.leftOut,
  };
}

/** What was cut, in words; also when nothing was. */
export function describeCut(cut: Cut): string {
  const count = (value: number): string => formatWhole(value);
  const parts: string[] = [];
  if (cut.hiddenFrames > 0)
    parts.push(
      `the ${count(cut.frames)} largest of ${count(cut.frames + cut.hiddenFrames)} frames; the others are hatched, each group as one sum`,
    );
  if (cut.hiddenFunctions > 0)
    parts.push(
      `the ${count(cut.functions)} largest of ${count(cut.functions + cut.hiddenFunctions)} rows of the table`,
    );
  return parts.length === 0
    ? `Nothing was cut: all ${count(cut.frames)} frames are here.`
    : `Cut to keep the file small. It holds ${parts.join(', and ')}.`;
}
