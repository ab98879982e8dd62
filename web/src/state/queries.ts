/** Everything the page asks the server, derived from the view and the moment that "now" means. */
import {
  parseComparison,
  parseNames,
  parseProfile,
  parseProfileTypes,
  parseServices,
  parseTimeline,
  type Largest,
} from '../model/answers';
import { MOST_VALUES, ROWS_ASKED } from '../model/by_value';
import { measureOf } from '../model/cores';
import { VALUES_ASKED } from '../model/label_values';
import { changingValues, framesOf, scalesOf, withoutScales, type Operator } from '../model/operators';
import { requestsType } from '../model/requests';
import { formatSelector, SERVICE, withLabel } from '../model/selector';
import { resolveRange, type ResolvedRange } from '../model/time_range';
import { DEFAULT_VIEW, type Selection, type View } from '../model/url_state';
import { connect, get, type Request } from './client';
import { now } from './clock';
import { askDocuments } from './documents';
import { whenIdle } from './idle';
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

/** Values of one label that hold a text; asked only while someone picks one. */
export function labelValues(label: string, selection: Selection, contains: string): Request | null {
  const range = resolveRange(selection, now.get());
  if (range === null || label === '') return null;
  const selector = selection.query === '' ? '{}' : selection.query;
  const held = contains === '' ? {} : { contains };
  return get('label-values', { label, selector, ...ends(range), ...held, limit: VALUES_ASKED });
}

export function startQueries(): void {
  view.watch(askAll);
  now.watch(askAll);
  now.watch(askDocuments);
  // The types say whether there are limits to ask for.
  profileTypes.state.watch(askFacts);
  for (const query of [timeline, profile]) query.state.watch(takeChoice);
  for (const query of [profile, comparison]) query.state.watch(askBeside);
  // A short link to a view is among the documents.
  if (new URLSearchParams(location.search).has('view')) {
    beside = 'asked';
    goOn();
  }
  askAll();
  if (beside === 'asked') askDocuments();
  else askBeside();
  startSettling((shown) => (shown.page === 'compare' ? comparison : profile).state.get().value !== null);
}

/** What stands beside the picture is asked for when that has been drawn, or will not come. */
let beside: 'later' | 'soon' | 'asked' = 'later';
let goOn: () => void = () => undefined;
const drawn = new Promise<void>((resolve) => (goOn = resolve));

/** Resolves when the first picture has been drawn, or after `patienceMs` without one. */
export function afterThePicture(patienceMs: number): Promise<void> {
  return Promise.race([drawn, new Promise<void>((resolve) => setTimeout(resolve, patienceMs))]);
}

function askBeside(): void {
  if (beside !== 'later' || !decides(view.get())) return;
  beside = 'soon';
  whenIdle(() => {
    beside = 'asked';
    goOn();
    // Not the others: what was just cancelled would be asked again.
    askCatalog();
    askDocuments();
  });
}

function decides(shown: View): boolean {
  const { value, error, loading } = (shown.page === 'compare' ? comparison : profile).state.get();
  return value !== null || error !== null || !loading;
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
  const explore = shown.page === 'explore' ? range : null;
  const named = shown.query === '' ? null : explore;
  // The answer that takes longest is asked for first.
  profile.ask(explore && (named === null ? choosing('profile', shown, explore) : profileRequest(shown, named)));
  timeline.ask(explore && (named === null ? choosing('timeline', shown, explore) : timelineRequest(shown, named)));
  askFacts();
  if (beside === 'asked') askCatalog();
  comparison.ask(shown.page === 'compare' ? comparisonRequest(shown) : null);
}

/** By themselves, since what was cancelled is not asked again because the types are there. */
function askFacts(): void {
  const shown = view.get();
  const range = shown.page === 'explore' && shown.query !== '' ? resolveRange(shown, now.get()) : null;
  limit.ask(range && factRequest(shown, range, 'limit'));
  throttled.ask(range && factRequest(shown, range, 'throttled'));
}

/** What there is to choose from. */
function askCatalog(): void {
  const shown = view.get();
  const current = currentSelection(shown);
  const range = resolveRange(current, now.get());
  if (range === null) return;
  services.ask(get('services', { type: shown.type, ...ends(range) }));
  profileTypes.ask(connect('ProfileTypes', span(range)));
  const matchers = [current.query === '' ? '{}' : current.query];
  labelNames.ask(connect('LabelNames', { ...span(range), matchers }));
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

function timelineRequest(shown: View, range: ResolvedRange, most?: number): Request {
  const params = { type: shown.type, selector: shown.query, ...ends(range), ...grouping(shown, most) };
  return get('timeline', params, timelineOperators(shown));
}

function grouping(shown: View, most = 8): { readonly [name: string]: string | number } {
  return shown.groupBy === '' ? {} : { group_by: shown.groupBy, limit: most };
}

/** The line stays that of what was measured. */
function timelineOperators(shown: View): readonly Operator[] {
  return changingValues(withoutScales(shown.operators));
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

/** The moment for which the page was opened. */
const opened = now.get();

/**
 * A page that was opened without a selector is about the service that uses most: the server chooses it. What it takes by
 * itself for granted is left out, since it has told the browser to ask for just that (src/api/page.cc).
 */
function choosing(path: 'profile' | 'timeline', shown: View, range: ResolvedRange): Request {
  const usual = DEFAULT_VIEW;
  const isUsual = shown.from === usual.from && shown.until === usual.until && now.get() === opened;
  const params = {
    largest: SERVICE,
    ...(shown.type === usual.type ? {} : { type: shown.type }),
    ...(isUsual ? {} : ends(range)),
  };
  if (path === 'timeline') return get(path, { ...params, ...grouping(shown) }, timelineOperators(shown));
  const nodes = shown.nodes === usual.nodes ? {} : { max_nodes: shown.nodes };
  // A preloaded request has no header that asks for bytes.
  return get(path, { columns: 'bytes', ...params, ...nodes }, shown.operators);
}

/** From the first answer on the address says which service it is, and the other answer counts as one about it too. */
function takeChoice(): void {
  const shown = view.get();
  const range = resolveRange(shown, now.get());
  if (range === null || shown.page !== 'explore' || shown.query !== '') return;
  const largest = chosenBy(timeline, choosing('timeline', shown, range)) ?? chosenBy(profile, choosing('profile', shown, range));
  if (largest === null) return;
  const named = { ...shown, query: formatSelector(withLabel([], SERVICE, largest)) };
  const fits = (answer: { readonly largest: Largest }): boolean => answer.largest === largest;
  timeline.rename(timelineRequest(named, range), fits);
  profile.rename(profileRequest(named, range), fits);
  navigate({ query: named.query }, 'replace');
}

function chosenBy<T extends { readonly largest: Largest }>(query: Query<T>, request: Request): Largest {
  const { value, answers } = query.state.get();
  return answers === JSON.stringify(request) ? (value?.largest ?? null) : null;
}

function ends(range: ResolvedRange): { from: number; until: number } {
  return { from: range.fromMs, until: range.untilMs };
}

function span(range: ResolvedRange): { start: number; end: number } {
  return { start: range.fromMs, end: range.untilMs };
}
