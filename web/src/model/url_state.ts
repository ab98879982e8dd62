/** The whole view as an address, so that what one sees can be pasted to a colleague. Defaults are left out. */
import { PERS, type Per } from './money';
import { parseOperators, type Operator } from './operators';
import type { Requests } from './diff';
import type { TimeRange } from './time_range';
import { formatAssumptions, parseAssumptions, USUAL_ASSUMPTIONS, type Assumptions } from './what_if';

export interface Selection extends TimeRange {
  readonly query: string;
}

export type Panes = 'both' | 'graph' | 'table';

export const PAINTS = ['module', 'kind', 'self'] as const;
export type Paint = (typeof PAINTS)[number];

export interface View {
  readonly page: 'explore' | 'compare';
  readonly type: string;
  /** What Explore shows; an empty query means that none was chosen yet. */
  readonly query: string;
  readonly from: string;
  readonly until: string;
  readonly groupBy: string;
  /** Whether each value of `groupBy` is shown by itself, in place of the whole as a graph and a table. */
  readonly split: boolean;
  readonly search: string;
  /** The frame zoomed to, and what of it is shown: zoom.ts. */
  readonly zoom: string;
  /** Column of the table, with "-" in front for largest first; "" for the table's own default. */
  readonly sort: string;
  readonly panes: Panes;
  /** What the table lists: functions, or the call tree. */
  readonly table: 'functions' | 'calls';
  /** Keys (path_hash.ts) of the open nodes of the call tree; null: those of the way of most of the value. */
  readonly open: readonly string[] | null;
  readonly orientation: 'icicle' | 'flame';
  readonly cost: number | null;
  readonly per: Per;
  readonly utc: boolean;
  readonly live: boolean;
  readonly nodes: number;
  readonly colorBy: 'cores' | 'share';
  /** By what frames of one profile are coloured. */
  readonly paint: Paint;
  readonly operators: readonly Operator[];
  readonly assumptions: Assumptions;
  /** FRAMES whose callers and callees are shown; "" for none. */
  readonly sandwich: string;
  /** File, and line of it, whose source is shown: source.ts; "" for none. */
  readonly source: string;
  /** Requests a second of both sides; with them Compare shows CPU time a request. */
  readonly requests: Requests | 'pushed' | null;
  readonly baseline: Selection;
  readonly comparison: Selection;
}

export const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
export const DEFAULT_NODES = 8192;
export const MAX_NODES = 1048576;
/** An address that is sent on must not be cut: 100 keys are about 1,200 characters. The page itself opens more. */
export const MAX_OPEN = 100;

const UNSET: Selection = { query: '', from: 'now-1h', until: 'now' };

export const DEFAULT_VIEW: View = {
  page: 'explore',
  type: CPU,
  ...UNSET,
  groupBy: '',
  split: false,
  search: '',
  zoom: '',
  sort: '',
  panes: 'both',
  table: 'functions',
  open: null,
  orientation: 'icicle',
  cost: null,
  per: 'year',
  utc: false,
  live: false,
  nodes: DEFAULT_NODES,
  colorBy: 'cores',
  paint: 'module',
  operators: [],
  assumptions: USUAL_ASSUMPTIONS,
  sandwich: '',
  source: '',
  requests: null,
  baseline: UNSET,
  comparison: UNSET,
};

export function parseView(address: string): View {
  const params = new URLSearchParams(address);
  const text = (name: string, fallback: string): string => params.get(name) ?? fallback;
  const cost = Number(params.get('cost') ?? Number.NaN);
  return {
    page: oneOf(params.get('page'), ['explore', 'compare']),
    type: text('type', CPU),
    query: text('query', ''),
    from: text('from', UNSET.from),
    until: text('until', UNSET.until),
    groupBy: text('by', ''),
    split: params.has('split'),
    search: text('search', ''),
    zoom: text('zoom', ''),
    sort: text('sort', ''),
    panes: oneOf(params.get('show'), ['both', 'graph', 'table']),
    table: oneOf(params.get('table'), ['functions', 'calls']),
    open: parseOpen(params.get('open')),
    orientation: oneOf(params.get('orientation'), ['icicle', 'flame']),
    cost: Number.isFinite(cost) && cost > 0 ? cost : null,
    per: oneOf(params.get('per'), PERS),
    utc: params.has('utc'),
    live: params.has('live'),
    nodes: wholeBetween(params.get('nodes'), 1, MAX_NODES, DEFAULT_NODES),
    colorBy: oneOf(params.get('color'), ['cores', 'share']),
    paint: oneOf(params.get('paint'), PAINTS),
    operators: parseOperators(params),
    assumptions: parseAssumptions(params.get('servers')),
    sandwich: text('sandwich', ''),
    source: text('source', ''),
    requests: parseRequests(params.get('requests')),
    baseline: parseSelection(params, 'baseline'),
    comparison: parseSelection(params, 'comparison'),
  };
}

/** "?page=compare&…", "" for the default view. */
export function formatView(view: View): string {
  const params = new URLSearchParams();
  const put = (name: string, value: string, usual: string): void => {
    if (value !== usual) params.set(name, value);
  };
  put('page', view.page, DEFAULT_VIEW.page);
  put('type', view.type, CPU);
  put('query', view.query, '');
  put('from', view.from, UNSET.from);
  put('until', view.until, UNSET.until);
  put('by', view.groupBy, '');
  put('split', view.split ? '1' : '', '');
  put('search', view.search, '');
  put('zoom', view.zoom, '');
  put('sort', view.sort, '');
  put('show', view.panes, DEFAULT_VIEW.panes);
  put('table', view.table, DEFAULT_VIEW.table);
  if (view.open !== null) params.set('open', view.open.slice(0, MAX_OPEN).join(','));
  put('orientation', view.orientation, DEFAULT_VIEW.orientation);
  put('cost', view.cost === null ? '' : String(view.cost), '');
  put('per', view.per, DEFAULT_VIEW.per);
  put('utc', view.utc ? '1' : '', '');
  put('live', view.live ? '1' : '', '');
  put('nodes', String(view.nodes), String(DEFAULT_NODES));
  put('color', view.colorBy, DEFAULT_VIEW.colorBy);
  put('paint', view.paint, DEFAULT_VIEW.paint);
  for (const side of ['baseline', 'comparison'] as const) {
    put(side, view[side].query, '');
    put(`${side}_from`, view[side].from, UNSET.from);
    put(`${side}_until`, view[side].until, UNSET.until);
  }
  put('servers', formatAssumptions(view.assumptions), formatAssumptions(USUAL_ASSUMPTIONS));
  put('sandwich', view.sandwich, '');
  put('source', view.source, '');
  put('requests', view.requests === 'pushed' ? 'pushed' : (view.requests?.join(',') ?? ''), '');
  for (const { name, argument } of view.operators) params.append(name, argument);
  const query = readable(params.toString());
  return query === '' ? '' : `?${query}`;
}

/** Colons, commas, tildes and slashes may stand in a query string as they are, and read better so. */
function readable(query: string): string {
  return query.replace(/%(?:3A|2C|7E|2F)/g, decodeURIComponent);
}

function parseOpen(value: string | null): readonly string[] | null {
  return value === null ? null : value === '' ? [] : value.split(',').slice(0, MAX_OPEN);
}

function parseRequests(value: string | null): View['requests'] {
  if (value === 'pushed') return value;
  const [before = 0, after = 0, ...rest] = (value ?? '').split(',').map(Number);
  const fits = [before, after].every((rate) => rate > 0 && rate <= 1e12) && rest.length === 0;
  return fits ? [before, after] : null;
}

function parseSelection(params: URLSearchParams, side: string): Selection {
  return {
    query: params.get(side) ?? '',
    from: params.get(`${side}_from`) ?? UNSET.from,
    until: params.get(`${side}_until`) ?? UNSET.until,
  };
}

function oneOf<T extends string>(value: string | null, choices: readonly [T, ...T[]]): T {
  return choices.find((choice) => choice === value) ?? choices[0];
}

function wholeBetween(value: string | null, least: number, most: number, usual: number): number {
  const number = Number(value ?? Number.NaN);
  return Number.isInteger(number) && number >= least && number <= most ? number : usual;
}
