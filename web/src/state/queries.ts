/** Everything the page asks the server, derived from the view and the moment that "now" means. */
import {
  parseComparison,
  parseNames,
  parseProfile,
  parseProfileTypes,
  parseServices,
  parseTimeline,
} from '../model/answers';
import { MOST_VALUES, ROWS_ASKED } from '../model/by_value';
import { measureOf } from '../model/cores';
import { changingValues, framesOf, scalesOf, withoutScales } from '../model/operators';
import { requestsType } from '../model/requests';
import { formatSelector, SERVICE, withLabel } from '../model/selector';
import { resolveRange, type ResolvedRange } from '../model/time_range';
import type { Selection, View } from '../model/url_state';
import { connect, get, type Request } from './client';
import { now } from './clock';
import { askDocuments } from './documents';
import { askFailedAgain, busy, Query } from './query';
import { returnToSettled, startSettling } from './settled';
import { navigate, view } from './view';

const DAY_MS = 86400e3;
const TREND_POINTS = 40;
const TREND_LIMIT = 200;

export const services = new Query(parseServices);
export const profileTypes = new Query(parseProfileTypes);
export const labelNames = new Query(parseNames);
export const timeline = new Query(parseTimeline);
export const limit = new Query(parseTimeline);
export const throttled = new Query(parseTimeline);
export const profile = new Query(parseProfile);
export const comparison = new Query(parseComparison);

/** Values of one label; asked only while someone picks one. */
export function labelValues(name: string, selection: Selection): Request | null {
  const range = resolveRange(selection, now.get());
  if (range === null || name === '') return null;
  return connect('LabelValues', {
    name,
    ...span(range),
    matchers: [selection.query === '' ? '{}' : selection.query],
  });
}

export function startQueries(): void {
  view.watch(askAll);
  now.watch(askAll);
  now.watch(askDocuments);
  // The types say whether there are limits to ask for.
  profileTypes.state.watch(() => profileTypes.state.get().value !== null && askAll());
  services.state.watch(chooseService);
  for (const query of [services, profile, comparison]) query.state.watch(askBeside);
  // A short link to a view is among the documents.
  if (new URLSearchParams(location.search).has('view')) isDecided = true;
  askAll();
  if (isDecided) askDocuments();
  else askBeside();
  startSettling((shown) => (shown.page === 'compare' ? comparison : profile).state.get().value !== null);
}

/** Whether what the page is about is there, or will not come. Until then the server is asked for nothing that stands beside it. */
let isDecided = false;

function askBeside(): void {
  if (isDecided || !decides(view.get())) return;
  isDecided = true;
  // Not the others: what was just cancelled would be asked again.
  askLabelNames();
  askDocuments();
}

function decides(shown: View): boolean {
  const { value, error, loading } = (shown.page === 'compare' ? comparison : profile).state.get();
  if (value !== null || error !== null) return true;
  // The services may still choose what is asked for.
  return !loading && !services.state.get().loading;
}

const ALL = [services, profileTypes, labelNames, timeline, limit, throttled, profile, comparison];

/** After an error: asks everything anew. */
export function retry(): void {
  for (const query of ALL) query.forget();
  askAll();
  askFailedAgain();
}

/** Stops everything that is on its way, and goes back to what is shown. */
export function cancelAll(): void {
  for (const query of busy.get()) query.cancel();
  returnToSettled();
}

function askAll(): void {
  const shown = view.get();
  const current = currentSelection(shown);
  const range = resolveRange(current, now.get());
  if (range !== null) {
    services.ask(get('services', { type: shown.type, ...ends(range) }));
    profileTypes.ask(connect('ProfileTypes', span(range)));
  }
  if (isDecided) askLabelNames();
  const explore = shown.page === 'explore' && shown.query !== '' ? range : null;
  timeline.ask(explore && timelineRequest(shown, explore));
  limit.ask(explore && factRequest(shown, explore, 'limit'));
  throttled.ask(explore && factRequest(shown, explore, 'throttled'));
  profile.ask(explore && profileRequest(shown, explore));
  comparison.ask(shown.page === 'compare' ? comparisonRequest(shown) : null);
}

function askLabelNames(): void {
  const current = currentSelection(view.get());
  const range = resolveRange(current, now.get());
  const matchers = [current.query === '' ? '{}' : current.query];
  if (range !== null) labelNames.ask(connect('LabelNames', { ...span(range), matchers }));
}

/** The selection whose services and labels are offered. */
function currentSelection(shown: View): Selection {
  return shown.page === 'explore' ? shown : shown.comparison;
}

/** The services over the same range a day earlier. */
export function yesterdayRequest(type: string): Request | null {
  const range = resolveRange(currentSelection(view.get()), now.get());
  if (range === null) return null;
  return get('services', { type, from: range.fromMs - DAY_MS, until: range.untilMs - DAY_MS });
}

/** Each service over the range, coarsely. */
export function trendRequest(type: string): Request | null {
  const range = resolveRange(currentSelection(view.get()), now.get());
  if (range === null) return null;
  const step = Math.ceil((range.untilMs - range.fromMs) / 1000 / TREND_POINTS);
  return get('timeline', { type, ...ends(range), step, group_by: SERVICE, limit: TREND_LIMIT });
}

/** Address of a file with the selection, in a format of other tools. */
export function exportAddress(shown: View, format: string): string {
  const range = resolveRange(shown, now.get());
  const span = range === null ? {} : ends(range);
  return get('export', { format, type: shown.type, selector: shown.query, ...span }, shown.operators).path;
}

/** Each value of the chosen label over the range. */
export function timelineByValueRequest(shown: View): Request | null {
  const range = resolveRange(shown, now.get());
  return range === null || shown.query === '' ? null : timelineRequest(shown, range, MOST_VALUES);
}

/** One of those values: the whole of it, and its largest functions. */
export function valueRequest(shown: View, query: string): Request | null {
  const range = resolveRange(shown, now.get());
  if (range === null) return null;
  return profileRequest({ ...shown, query, nodes: 1 }, range, ROWS_ASKED);
}

function timelineRequest(shown: View, range: ResolvedRange, most = 8): Request {
  const group = shown.groupBy === '' ? {} : { group_by: shown.groupBy, limit: most };
  const params = { type: shown.type, selector: shown.query, ...ends(range), ...group };
  return get('timeline', params, changingValues(withoutScales(shown.operators)));
}

/** The limit of CPU and what it withheld are profile types that the agent sends beside CPU time. */
function factRequest(shown: View, range: ResolvedRange, fact: 'limit' | 'throttled'): Request | null {
  const type = profileTypes.state.get().value?.find((entry) => entry.startsWith(`phlox_window:${fact}:`));
  if (type === undefined || measureOf(shown.type).unit !== 'cores') return null;
  return get('timeline', { type, selector: shown.query, ...ends(range) });
}

/** When the functions that are searched for, or the one zoomed to, burned. */
export function bandRequest(shown: View, focused: string): Request | null {
  const range = resolveRange(shown, now.get());
  const search = shown.search.trim();
  if (range === null || shown.query === '' || (search === '' && focused === '')) return null;
  const match = search !== '' ? { search } : { function: framesOf(focused) };
  const params = { type: shown.type, selector: shown.query, ...ends(range), ...match };
  return get('timeline', params, changingValues(withoutScales(shown.operators), true));
}

/** What the timeline would be if some functions cost less; null if nobody asks. */
export function whatIfTimelineRequest(shown: View): Request | null {
  const range = resolveRange(shown, now.get());
  if (range === null || shown.query === '' || scalesOf(shown.operators).length === 0) return null;
  return get(
    'timeline',
    { type: shown.type, selector: shown.query, ...ends(range) },
    changingValues(shown.operators),
  );
}

/** The same tree with the costs as they are: its root is what a what-if is measured against. */
export function withoutScalesRequest(shown: View): Request | null {
  const range = resolveRange(shown, now.get());
  if (range === null || shown.query === '' || scalesOf(shown.operators).length === 0) return null;
  return get(
    'profile',
    { type: shown.type, selector: shown.query, ...ends(range), max_nodes: 1, max_rows: 0 },
    withoutScales(shown.operators),
  );
}

/** What a search finds in the whole tree; asked only where the page does not hold all of it. */
export function wholeSearchRequest(shown: View): Request | null {
  const range = resolveRange(shown, now.get());
  const search = shown.search.trim();
  if (range === null || shown.query === '' || search === '') return null;
  return get(
    'profile',
    { type: shown.type, selector: shown.query, ...ends(range), max_nodes: 1, max_rows: 0, search },
    shown.operators,
  );
}

export function sandwichRequest(shown: View): Request | null {
  const range = resolveRange(shown, now.get());
  if (range === null || shown.query === '' || shown.sandwich === '') return null;
  return get(
    'sandwich',
    {
      type: shown.type,
      selector: shown.query,
      ...ends(range),
      function: shown.sandwich,
      max_nodes: shown.nodes,
    },
    shown.operators,
  );
}

/** What each line of a file took, and its text. */
export function sourceRequest(shown: View, file: string): Request | null {
  const range = resolveRange(shown, now.get());
  if (range === null || shown.query === '' || file === '') return null;
  return get('source', { type: shown.type, selector: shown.query, ...ends(range), file });
}

/** What the page shows, with another number of frames and rows: the tree, and what stands beside it. */
export function shownRequests(
  shown: View,
  nodes: number,
  rows: number,
): { readonly tree: NamedRequests; readonly beside: NamedRequests } {
  if (shown.page === 'compare')
    return { tree: { comparison: comparisonRequest({ ...shown, nodes }, rows) }, beside: {} };
  const range = resolveRange(shown, now.get());
  return {
    tree: { profile: range && profileRequest({ ...shown, nodes }, range, rows) },
    beside: { timeline: range && timelineRequest(shown, range) },
  };
}

/** How many requests a side of a comparison answered, where programs push it. */
export function sideRequestsRequest(shown: View, side: 'baseline' | 'comparison'): Request | null {
  const type = requestsType(profileTypes.state.get().value ?? []);
  const selection = shown[side];
  const range = resolveRange(selection, now.get());
  if (type === null || range === null) return null;
  const selector = selection.query === '' ? '{}' : selection.query;
  return get('profile', { type, selector, ...ends(range), max_nodes: 1, max_rows: 0 });
}

type NamedRequests = { readonly [name: string]: Request | null };

function profileRequest(shown: View, range: ResolvedRange, rows?: number): Request {
  const params = { type: shown.type, selector: shown.query, ...ends(range), max_nodes: shown.nodes };
  return get('profile', { ...params, ...rowLimit(rows) }, shown.operators);
}

/** Without a number the server's own limit holds. */
function rowLimit(rows: number | undefined): { readonly max_rows?: number } {
  return rows === undefined ? {} : { max_rows: rows };
}

function comparisonRequest(shown: View, rows?: number): Request | null {
  const before = resolveRange(shown.baseline, now.get());
  const after = resolveRange(shown.comparison, now.get());
  if (before === null || after === null) return null;
  const params = {
    type: shown.type,
    baseline_selector: shown.baseline.query === '' ? '{}' : shown.baseline.query,
    baseline_from: before.fromMs,
    baseline_until: before.untilMs,
    comparison_selector: shown.comparison.query === '' ? '{}' : shown.comparison.query,
    comparison_from: after.fromMs,
    comparison_until: after.untilMs,
    max_nodes: shown.nodes,
    ...rowLimit(rows),
  };
  return get('diff', params, shown.operators);
}

/** A page opened without a selector starts with the service that uses most. */
function chooseService(): void {
  const largest = services.state.get().value?.[0];
  const shown = view.get();
  if (largest === undefined || shown.page !== 'explore' || shown.query !== '') return;
  navigate({ query: formatSelector(withLabel([], SERVICE, largest.name)) }, 'replace');
}

function ends(range: ResolvedRange): { from: number; until: number } {
  return { from: range.fromMs, until: range.untilMs };
}

function span(range: ResolvedRange): { start: number; end: number } {
  return { start: range.fromMs, end: range.untilMs };
}
