/** How the timeline's chart looks. */
import type uPlot from 'uplot';
import type { Timeline } from '../model/answers';
import type { Theme } from '../model/colors';
import { formatNumber } from '../model/cores';
import { isolatedPoints, type Chart, type ChartLine } from '../model/series';

export const TIMELINE_HEIGHT = 138;

/** Between the chart and its plot, in CSS pixels: what lies over the plot must know. */
export const PLOT_EDGES = { top: 6, right: 28, bottom: 42, left: 48 } as const;

/** Apart in lightness as well as in hue; each at least 3:1 against its ground. */
const STROKES: { readonly [mode in Theme]: readonly string[] } = {
  light: ['#b5477a', '#0067a5', '#008856', '#8a5a00', '#604e97', '#333b47', '#c0432b', '#007c89'],
  dark: ['#ec86b0', '#6cb6ee', '#4fcf9a', '#e0b040', '#b5a3ee', '#c8d0dc', '#ff9078', '#5ad1de'],
};

/** uPlot's ladder of tick labels, on a 24 hour clock: least step in seconds, label, what follows it where the year or day changes. */
const DAY = '{YYYY}-{MM}-{DD}';
const CLOCK: uPlot.Axis.Values = [
  [86400, DAY, null, null, null, null, null, null, 1],
  [60, '{HH}:{mm}', `\n${DAY}`, null, `\n${DAY}`, null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
];

/** The band stands out, the limit recedes, throttling is a warning. */
const ROLES: {
  readonly [mode in Theme]: {
    readonly band: string;
    readonly 'what-if': string;
    readonly limit: string;
    readonly throttled: string;
  };
} = {
  light: { band: '#0067a5', 'what-if': '#008856', limit: '#5b616b', throttled: '#b3261e' },
  dark: { band: '#6cb6ee', 'what-if': '#4fcf9a', limit: '#a9b0bc', throttled: '#ff9a92' },
};

/** One colour a line of the chart. */
export function strokesOf(chart: Chart, mode: Theme): readonly string[] {
  const strokes = STROKES[mode];
  return chart.lines.map((entry, i) =>
    entry.role === 'value' ? (strokes[i % strokes.length] ?? '') : ROLES[mode][entry.role],
  );
}

/** What is drawn at this moment: a chart stays while its values and lines change. */
export interface Drawn {
  readonly chart: Chart;
  readonly timeline: Timeline;
}

/** A line's look, but for its colour: a value that is the only one is filled. */
function looksOf(chart: Chart): readonly string[] {
  const alone = isAlone(chart);
  return chart.lines.map(({ role }) => (role === 'value' && alone ? 'alone' : role));
}

function isAlone(chart: Chart): boolean {
  return chart.lines.filter(({ role }) => role === 'value').length === 1;
}

/**
 * Puts other values into a chart, and the lines that they need. To build it anew takes ten times as long, and loses a drag
 * that has begun, as where the first limit arrives.
 */
export function redraw(plot: uPlot, before: Chart, after: Chart, mode: Theme): void {
  const [had, wanted] = [looksOf(before), looksOf(after)];
  const most = Math.min(had.length, wanted.length);
  let first = 0;
  while (first < most && had[first] === wanted[first]) first++;
  let last = 0;
  while (last < most - first && had.at(-1 - last) === wanted.at(-1 - last)) last++;
  const series = seriesOf(after, mode);
  // The first series are the times.
  for (let i = had.length - last; i > first; i--) plot.delSeries(i);
  for (let i = first + 1; i <= wanted.length - last; i++) plot.addSeries(series[i] ?? {}, i);
  plot.setData(dataOf(after));
}

export function dataOf(chart: Chart): uPlot.AlignedData {
  return [Array.from(chart.times), ...chart.lines.map((line) => [...line.values])];
}

export function optionsOf(
  drawn: () => Drawn,
  mode: Theme,
  tzDate: ((time: number) => Date) | null,
): uPlot.Options {
  const { chart } = drawn();
  const ink = mode === 'dark' ? '#a9b0bc' : '#5b616b';
  const grid = { stroke: mode === 'dark' ? '#2a2e36' : '#e6e8ec', width: 1 };
  const axis = { stroke: ink, grid, ticks: grid, font: '11px system-ui, sans-serif' };
  return {
    width: 0,
    height: TIMELINE_HEIGHT,
    legend: { show: false },
    padding: [PLOT_EDGES.top, PLOT_EDGES.right, 0, 0],
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: () => [drawn().timeline.range.fromMs / 1000, drawn().timeline.range.untilMs / 1000] },
      y: { range: () => [0, drawn().chart.top] },
    },
    axes: [
      { ...axis, size: PLOT_EDGES.bottom, space: 80, values: CLOCK },
      {
        ...axis,
        size: PLOT_EDGES.left,
        space: 26,
        values: (_, ticks) => ticks.map((tick) => (tick >= 1000 ? formatNumber(tick) : String(tick))),
      },
    ],
    series: seriesOf(chart, mode),
    ...(tzDate === null ? {} : { tzDate }),
  };
}

/** The times, then each line. */
function seriesOf(chart: Chart, mode: Theme): uPlot.Series[] {
  const strokes = strokesOf(chart, mode);
  const alone = isAlone(chart);
  return [{}, ...chart.lines.map((entry, i) => line(entry, strokes[i] ?? '', alone))];
}

function line(entry: ChartLine, stroke: string, alone: boolean): uPlot.Series {
  const filled = entry.role === 'band' || entry.role === 'throttled' || (entry.role === 'value' && alone);
  return {
    label: entry.name,
    stroke,
    width: entry.role === 'limit' ? 1 : 1.5,
    spanGaps: false,
    points: {
      show: true,
      size: 4,
      filter: (plot, series) => isolatedPoints(Array.from(plot.data[series] ?? [])),
    },
    ...(entry.role === 'limit' ? { dash: [6, 4] } : {}),
    ...(filled ? { fill: `${stroke}${entry.role === 'value' ? '26' : '66'}` } : {}),
  };
}
