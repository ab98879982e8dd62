/** The answers of the server (docs/api.md), parsed once here into typed columns. Nothing else reads JSON. */
import type { WholeColumn } from './columns';
import {
  FormatError,
  indexColumn,
  list,
  pair,
  record,
  sameLength,
  small,
  text,
  texts,
  whole,
  wholeColumn,
} from './decode';
import { linkTree, ofOnlyChild, type Functions, type TreeLinks, type TreeValues } from './tree';

export interface Range {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly levelS: number;
}

/** The value of a label that the server chose as the one with most; null where it was not asked, or there is no data. */
export type Largest = string | null;

/** One selection: its sum, and for how many nanoseconds there are profiles. */
export interface Side {
  readonly range: Range;
  readonly total: bigint;
  readonly coveredNs: bigint;
  readonly profiles: number;
}

export interface Service {
  readonly name: string;
  readonly total: bigint;
  readonly coveredNs: bigint;
  readonly profiles: number;
}

/** Values of a label that hold a text, sorted: the first of them, and how many there are. */
export interface LabelValues {
  readonly values: readonly string[];
  readonly total: number;
}

export interface TimelineSeries {
  readonly labels: ReadonlyMap<string, string>;
  readonly values: WholeColumn;
  readonly coveredNs: WholeColumn;
}

export interface Timeline {
  readonly range: Range;
  readonly stepMs: number;
  /** Where the first point's step begins: at the start of the range or before. */
  readonly firstMs: number;
  readonly unit: string;
  readonly series: readonly TimelineSeries[];
  readonly leftOut: number;
  /** What the functions asked for took of each point; null if none were asked for. */
  readonly band: WholeColumn | null;
  readonly largest: Largest;
}

export interface Table<Column> {
  readonly function: Int32Array;
  readonly self: Column;
  readonly total: Column;
  readonly leftOut: number;
}

export interface Profile {
  readonly unit: string;
  readonly side: Side;
  readonly functions: Functions;
  readonly tree: TreeLinks;
  readonly values: TreeValues;
  readonly table: Table<WholeColumn>;
  readonly largest: Largest;
}

/** A function from both sides: who calls it, and what it calls. It is the root of both trees; of several functions that is their total. */
export interface Sandwich {
  readonly unit: string;
  readonly side: Side;
  readonly functions: Functions;
  readonly callers: SandwichTree;
  readonly callees: SandwichTree;
}

export interface SandwichTree {
  readonly tree: TreeLinks;
  readonly values: TreeValues;
}

/** Baseline first, comparison second. */
export type Both<T> = readonly [T, T];

export interface Headline {
  readonly changed: number;
  readonly unchanged: number;
  readonly sentence: string;
}

export interface Comparison {
  readonly unit: string;
  readonly sides: Both<Side>;
  readonly functions: Functions;
  readonly tree: TreeLinks;
  readonly values: Both<TreeValues>;
  readonly table: Table<Both<WholeColumn>>;
  readonly headline: Headline;
}

export function parseServices(value: unknown): readonly Service[] {
  const answer = record(value, 'services');
  return list(answer['services'], 'services').map((entry) => {
    const service = record(entry, 'services');
    return {
      name: text(service['name'], 'services.name'),
      total: whole(service['total'], 'services.total'),
      coveredNs: whole(service['covered_ns'], 'services.covered_ns'),
      profiles: small(service['profiles'], 'services.profiles'),
    };
  });
}

export function parseTimeline(value: unknown): Timeline {
  const answer = record(value, 'timeline');
  return {
    range: parseRange(answer['range']),
    stepMs: small(answer['step_ms'], 'step_ms'),
    firstMs: small(answer['first_ms'], 'first_ms'),
    unit: text(answer['unit'], 'unit'),
    series: list(answer['series'], 'series').map(parseSeries),
    leftOut: small(answer['series_left_out'] ?? 0, 'series_left_out'),
    band: answer['band'] === undefined ? null : wholeColumn(answer['band'], 'band'),
    largest: parseLargest(answer['largest']),
  };
}

export function parseProfile(value: unknown): Profile {
  const answer = record(value, 'profile');
  const tree = record(answer['tree'], 'tree');
  const table = record(answer['table'], 'table');
  const profile: Profile = {
    unit: text(answer['unit'], 'unit'),
    side: parseSide(answer['side'], 'side'),
    functions: parseFunctions(answer['functions']),
    tree: parseLinks(tree),
    values: parseValues(tree),
    table: {
      function: indexColumn(table['function'], 'table.function'),
      self: wholeColumn(table['self'], 'table.self'),
      total: wholeColumn(table['total'], 'table.total'),
      leftOut: small(answer['table_left_out'] ?? 0, 'table_left_out'),
    },
    largest: parseLargest(answer['largest']),
  };
  const { self, total, hiddenTotal } = profile.values;
  sameLength('tree', profile.tree.depth, profile.tree.function, self, total, hiddenTotal);
  sameLength('table', profile.table.function, profile.table.self, profile.table.total);
  return profile;
}

/** What a search finds in the whole tree, shown or not. */
export interface WholeSearch {
  readonly functionCount: number;
  readonly total: bigint;
}

export function parseWholeSearch(value: unknown): WholeSearch {
  const search = record(record(value, 'profile')['search'], 'search');
  const shown = list(search['function'], 'search.function').length;
  return {
    functionCount: shown + small(search['functions_left_out'], 'search.functions_left_out'),
    total: whole(search['total'], 'search.total'),
  };
}

export function parseSandwich(value: unknown): Sandwich {
  const answer = record(value, 'sandwich');
  const treeOf = (field: 'callers' | 'callees'): SandwichTree => {
    const tree = record(answer[field], field);
    const out = { tree: parseLinks(tree), values: parseValues(tree) };
    const { self, total, hiddenTotal } = out.values;
    sameLength(field, out.tree.depth, out.tree.function, self, total, hiddenTotal);
    return ofOnlyChild(out);
  };
  return {
    unit: text(answer['unit'], 'unit'),
    side: parseSide(answer['side'], 'side'),
    functions: parseFunctions(answer['functions']),
    callers: treeOf('callers'),
    callees: treeOf('callees'),
  };
}

export function parseComparison(value: unknown): Comparison {
  const answer = record(value, 'diff');
  const tree = record(answer['tree'], 'tree');
  const table = record(answer['table'], 'table');
  const headline = record(answer['headline'], 'headline');
  const links = parseLinks(tree);
  const values = parseBothValues(tree);
  for (const side of values)
    sameLength('tree', links.depth, links.function, side.self, side.total, side.hiddenTotal);
  return {
    unit: text(answer['unit'], 'unit'),
    sides: [parseSide(answer['baseline'], 'baseline'), parseSide(answer['comparison'], 'comparison')],
    functions: parseFunctions(answer['functions']),
    tree: links,
    values,
    table: {
      function: indexColumn(table['function'], 'table.function'),
      self: pair(table['self'], 'table.self', wholeColumn),
      total: pair(table['total'], 'table.total', wholeColumn),
      leftOut: small(answer['table_left_out'] ?? 0, 'table_left_out'),
    },
    headline: {
      changed: small(headline['changed'], 'headline.changed'),
      unchanged: small(headline['unchanged'], 'headline.unchanged'),
      sentence: text(headline['sentence'], 'headline.sentence'),
    },
  };
}

/** `{"names": […]}` of LabelNames. Connect leaves empty lists out. */
export function parseNames(value: unknown): readonly string[] {
  return texts(record(value, 'names')['names'] ?? [], 'names');
}

export function parseLabelValues(value: unknown): LabelValues {
  const answer = record(value, 'label-values');
  const values = texts(answer['values'], 'values');
  const total = small(answer['total'], 'total');
  if (total < values.length) throw new FormatError(`"total" in the server's answer is less than its values`);
  return { values, total };
}

export function parseProfileTypes(value: unknown): readonly string[] {
  const types = list(record(value, 'profileTypes')['profileTypes'] ?? [], 'profileTypes');
  return types.map((entry) => text(record(entry, 'profileTypes')['ID'], 'profileTypes.ID'));
}

function parseLargest(value: unknown): Largest {
  return value == null ? null : text(value, 'largest');
}

function parseRange(value: unknown): Range {
  const range = record(value, 'range');
  return {
    fromMs: small(range['from_ms'], 'range.from_ms'),
    untilMs: small(range['until_ms'], 'range.until_ms'),
    levelS: small(range['level_s'] ?? 0, 'range.level_s'),
  };
}

export function parseSide(value: unknown, field: string): Side {
  const side = record(value, field);
  return {
    range: parseRange(side['range']),
    total: whole(side['total'], `${field}.total`),
    coveredNs: whole(side['covered_ns'], `${field}.covered_ns`),
    profiles: small(side['profiles'], `${field}.profiles`),
  };
}

function parseSeries(value: unknown): TimelineSeries {
  const series = record(value, 'series');
  const labels = Object.entries(record(series['labels'], 'series.labels'));
  const out: TimelineSeries = {
    labels: new Map(labels.map(([name, entry]) => [name, text(entry, 'series.labels')])),
    values: wholeColumn(series['values'], 'series.values'),
    coveredNs: wholeColumn(series['covered_ns'], 'series.covered_ns'),
  };
  sameLength('series', out.values, out.coveredNs);
  return out;
}

function parseFunctions(value: unknown): Functions {
  const functions = record(value, 'functions');
  const out: Functions = {
    name: texts(functions['name'], 'functions.name'),
    file: texts(functions['file'], 'functions.file'),
    line: indexColumn(functions['line'], 'functions.line'),
    module: texts(functions['module'], 'functions.module'),
    kind: texts(functions['kind'], 'functions.kind'),
  };
  sameLength('functions', out.name, out.file, out.line, out.module, out.kind);
  return out;
}

function parseLinks(tree: { readonly [key: string]: unknown }): TreeLinks {
  const depth = indexColumn(tree['depth'], 'tree.depth');
  const hidden = wholeColumn(tree['hidden_count'], 'tree.hidden_count');
  sameLength('tree', depth, hidden);
  return linkTree(indexColumn(tree['function'], 'tree.function'), depth, hidden);
}

function parseValues(tree: { readonly [key: string]: unknown }): TreeValues {
  return {
    self: wholeColumn(tree['self'], 'tree.self'),
    total: wholeColumn(tree['total'], 'tree.total'),
    hiddenTotal: wholeColumn(tree['hidden_total'], 'tree.hidden_total'),
  };
}

function parseBothValues(tree: { readonly [key: string]: unknown }): Both<TreeValues> {
  const self = pair(tree['self'], 'tree.self', wholeColumn);
  const total = pair(tree['total'], 'tree.total', wholeColumn);
  const hidden = pair(tree['hidden_total'], 'tree.hidden_total', wholeColumn);
  return [
    { self: self[0], total: total[0], hiddenTotal: hidden[0] },
    { self: self[1], total: total[1], hiddenTotal: hidden[1] },
  ];
}
