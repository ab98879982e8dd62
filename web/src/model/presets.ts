/** What to compare with what: the usual second ranges, and two values of one label. */
import { withoutScales } from './operators';
import { formatSelector, parseSelector, withLabel } from './selector';
import { isoOf, resolveRange, shiftBack } from './time_range';
import type { Selection, View } from './url_state';

const DAY_MS = 86400e3;

export type Preset = 'previous' | 'yesterday' | 'week';

/** The comparison's selection, earlier. */
export function earlierBaseline(comparison: Selection, preset: Preset, nowMs: number): Selection {
  const range = resolveRange(comparison, nowMs);
  const length = range === null ? 0 : range.untilMs - range.fromMs;
  const back = { previous: length, yesterday: DAY_MS, week: 7 * DAY_MS }[preset];
  return { query: comparison.query, ...shiftBack(comparison, back, nowMs) };
}

/** From Explore to Compare: what was shown against the period before it, unless sides were chosen already. */
export function enterCompare(view: View, nowMs: number): Partial<View> {
  if (view.comparison.query !== '' || view.baseline.query !== '')
    return { page: 'compare', sort: '', zoom: '', operators: withoutScales(view.operators) };
  const comparison = { query: view.query, from: view.from, until: view.until };
  return {
    page: 'compare',
    sort: '',
    zoom: '',
    operators: withoutScales(view.operators),
    comparison,
    baseline: earlierBaseline(comparison, 'previous', nowMs),
  };
}

/** What Explore shows, cut in two at a moment: before it and from it on. */
export function aroundMoment(view: View, atMs: number): Partial<View> {
  const { query, from, until } = view;
  const moment = isoOf(atMs);
  return {
    page: 'compare',
    sort: '',
    zoom: '',
    operators: withoutScales(view.operators),
    baseline: { query, from, until: moment },
    comparison: { query, from: moment, until },
  };
}

/** As long as the comparison, and ending where the moment was: the comparison begins there. */
export function beforeMoment(
  comparison: Selection,
  atMs: number,
  nowMs: number,
): Pick<View, 'baseline' | 'comparison'> {
  const range = resolveRange(comparison, nowMs);
  const length = range === null ? 0 : range.untilMs - range.fromMs;
  const moment = isoOf(atMs);
  return {
    baseline: { query: comparison.query, from: isoOf(atMs - length), until: moment },
    comparison: { query: comparison.query, from: moment, until: isoOf(Math.min(nowMs, atMs + length)) },
  };
}

/** Both sides over the comparison's range, told apart by one label only. */
export function byLabel(
  view: View,
  label: string,
  before: string,
  after: string,
): Pick<View, 'baseline' | 'comparison'> {
  const { query, from, until } = view.comparison;
  const matchers = parseSelector(query === '' ? '{}' : query) ?? [];
  const side = (value: string): Selection => ({
    query: formatSelector(withLabel(matchers, label, value)),
    from,
    until,
  });
  return { baseline: side(before), comparison: side(after) };
}

/** The value a selection asks for on a label, "" if it names none. */
export function labelOf(selection: Selection, label: string): string {
  const found = parseSelector(selection.query)?.find(
    (entry) => entry.name === label && entry.operator === '=',
  );
  return found?.value ?? '';
}
