/** What the server says of a file that it took, and the view that shows it. */
import { record, small, text, texts } from './decode';
import { formatSelector, SERVICE, withLabel } from './selector';
import { DEFAULT_VIEW, type View } from './url_state';

export interface Uploaded {
  readonly service: string;
  readonly type: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

const BUCKET_MS = 10_000;

export function parseUploaded(answer: unknown): Uploaded {
  const fields = record(answer, 'upload');
  const types = texts(fields['types'], 'types');
  return {
    service: text(fields['service'], 'service'),
    type: mainType(types),
    fromMs: small(fields['from_ms'], 'from_ms'),
    untilMs: small(fields['until_ms'], 'until_ms'),
  };
}

/** The service alone, over the buckets that the file covers. */
export function shownAfter(uploaded: Uploaded): Partial<View> {
  const from = Math.floor(uploaded.fromMs / BUCKET_MS) * BUCKET_MS;
  const until = Math.max(Math.ceil(uploaded.untilMs / BUCKET_MS) * BUCKET_MS, from + BUCKET_MS);
  return {
    ...DEFAULT_VIEW,
    type: uploaded.type,
    query: formatSelector(withLabel([], SERVICE, uploaded.service)),
    from: String(from),
    until: String(until),
  };
}

/** Letters, digits and _ . - / of a text; what else it holds becomes "-". */
export function serviceNameOf(typed: string): string {
  return typed
    .trim()
    .replace(/[^A-Za-z0-9_./-]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** Time before counts and bytes: a pprof of CPU holds its number of samples as well. */
function mainType(types: readonly string[]): string {
  return types.find((type) => type.split(':')[2] === 'nanoseconds') ?? types[0] ?? DEFAULT_VIEW.type;
}
