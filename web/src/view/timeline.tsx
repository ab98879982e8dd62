/** CPU over time. A dragged stretch becomes the range of the page; the fields for times do the same by key. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Timeline } from '../model/answers';
import type { Theme } from '../model/colors';
import { formatNumber, formatRate, type Measure } from '../model/cores';
import { chartOf, isolatedPoints, type Chart } from '../model/series';
import { formatTime, isoOf, type TimeRange } from '../model/time_range';
import { theme } from '../state/theme';
import { GroupBy } from './group_by';
import { useAtom } from './hooks';

const HEIGHT = 138;
const LEAST_DRAG = 4;

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

export interface TimelineChartProps {
  readonly timeline: Timeline;
  readonly measure: Measure;
  readonly utc: boolean;
  readonly groupBy: string;
  readonly onRange: (range: TimeRange) => void;
}

export function TimelineChart(props: TimelineChartProps) {
  const { timeline, measure, utc } = props;
  const element = useRef<HTMLDivElement>(null);
  const mode = useAtom(theme);
  const [index, setIndex] = useState<number | null>(null);
  const chart = useMemo(() => chartOf(timeline, measure), [timeline, measure]);
  const onRange = useRef(props.onRange);
  onRange.current = props.onRange;

  useEffect(() => {
    const home = element.current;
    if (home === null) return undefined;
    const plot = new uPlot(
      {
        ...options(chart, timeline, mode, utc),
        width: home.clientWidth,
        hooks: {
          setSelect: [(drawn) => choose(drawn, onRange.current)],
          setCursor: [(drawn) => setIndex(drawn.cursor.idx ?? null)],
        },
      },
      [Array.from(chart.times), ...chart.values.map((values) => [...values])],
      home,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: home.clientWidth, height: HEIGHT }));
    resized.observe(home);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [chart, mode, utc]);

  return (
    <div class="timeline" data-testid="timeline">
      <div class="timeline-head">
        <GroupBy groupBy={props.groupBy} />
        <Legend
          chart={chart}
          measure={measure}
          index={index}
          utc={utc}
          strokes={STROKES[mode]}
          leftOut={timeline.leftOut}
        />
      </div>
      <div class="timeline-plot" ref={element} data-testid="timeline-plot" />
    </div>
  );
}

function Legend(props: {
  readonly chart: Chart;
  readonly measure: Measure;
  readonly index: number | null;
  readonly utc: boolean;
  readonly strokes: readonly string[];
  readonly leftOut: number;
}) {
  const { chart, measure, index } = props;
  const time = index === null ? undefined : chart.times[index];
  return (
    <p class="legend" data-testid="legend">
      {chart.names.map((name, i) => {
        const value = index === null ? undefined : chart.values[i]?.[index];
        return (
          <span key={name}>
            <i style={{ background: props.strokes[i % props.strokes.length] ?? '' }} />
            {name}
            {value != null && <b> {formatRate(measure, value)}</b>}
            {value === null && time !== undefined && ' no data'}
          </span>
        );
      })}
      {props.leftOut > 0 && <span>and {props.leftOut} smaller series</span>}
      {time !== undefined && <time>{formatTime(time * 1000, props.utc, true)}</time>}
    </p>
  );
}

function options(chart: Chart, timeline: Timeline, mode: Theme, utc: boolean): uPlot.Options {
  const ink = mode === 'dark' ? '#a9b0bc' : '#5b616b';
  const grid = { stroke: mode === 'dark' ? '#2a2e36' : '#e6e8ec', width: 1 };
  const ends = [timeline.range.fromMs / 1000, timeline.range.untilMs / 1000] as const;
  const axis = { stroke: ink, grid, ticks: grid, font: '11px system-ui, sans-serif' };
  return {
    width: 0,
    height: HEIGHT,
    legend: { show: false },
    padding: [6, 20, 0, 0],
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: () => [ends[0], ends[1]] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 42, space: 80, values: CLOCK },
      {
        ...axis,
        size: 48,
        space: 26,
        values: (_, ticks) => ticks.map((tick) => (tick >= 1000 ? formatNumber(tick) : String(tick))),
      },
    ],
    series: [
      {},
      ...chart.names.map((name, i) => line(name, STROKES[mode][i % 8] ?? ink, chart.names.length === 1)),
    ],
    ...(utc ? { tzDate: (time: number) => uPlot.tzDate(new Date(time * 1000), 'Etc/UTC') } : {}),
  };
}

function line(label: string, stroke: string, filled: boolean): uPlot.Series {
  return {
    label,
    stroke,
    width: 1.5,
    spanGaps: false,
    points: {
      show: true,
      size: 4,
      filter: (plot, series) => isolatedPoints(Array.from(plot.data[series] ?? [])),
    },
    ...(filled ? { fill: `${stroke}26` } : {}),
  };
}

/** The dragged stretch as a range; the mark is taken away, since the new range is what it showed. */
function choose(plot: uPlot, onRange: (range: TimeRange) => void): void {
  const { left, width } = plot.select;
  if (width < LEAST_DRAG) return;
  const from = Math.floor(plot.posToVal(left, 'x'));
  const until = Math.ceil(plot.posToVal(left + width, 'x'));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onRange({ from: isoOf(from * 1000), until: isoOf(until * 1000) });
}
