/** CPU over time. A dragged stretch becomes the range of the page; the fields for times do the same by key. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Timeline } from '../model/answers';
import { formatRate, type Measure } from '../model/cores';
import { chartOf, middleOf, type Beside, type Chart, type Values } from '../model/series';
import { formatTime, isoOf, type TimeRange } from '../model/time_range';
import type { View } from '../model/url_state';
import { whenIdle } from '../state/idle';
import { inFile } from '../state/kept';
import { afterThePicture } from '../state/queries';
import { theme } from '../state/theme';
import { AddMark } from './add_mark';
import { GroupBy } from './group_by';
import { useAtom } from './hooks';
import { TimelineMarks } from './timeline_marks';
import { dataOf, optionsOf, redraw, strokesOf, TIMELINE_HEIGHT } from './timeline_options';

const LEAST_DRAG = 4;

type Plotting = typeof uPlot | 'missing';

/** How long the chart waits for the graph below, in milliseconds: an answer that takes longer does not hold it up. */
const PATIENCE_MS = 1000;

/** The chart's code is a file of its own, for which the picture below does not wait, neither for its reading nor its drawing. */
let plotting: Promise<Plotting> | null = null;

function loadPlotting(): Promise<Plotting> {
  plotting ??= (inFile() ? new Promise<void>(whenIdle) : afterThePicture(PATIENCE_MS))
    .then(() => import('uplot'))
    .then(
      (code) => code.default,
      () => 'missing' as const,
    );
  return plotting;
}

export interface TimelineChartProps {
  readonly shown: View;
  readonly timeline: Timeline;
  readonly beside: Beside;
  readonly measure: Measure;
  readonly onRange: (range: TimeRange) => void;
}

export function TimelineChart(props: TimelineChartProps) {
  const { shown, timeline, beside, measure } = props;
  const { utc } = shown;
  const element = useRef<HTMLDivElement>(null);
  const mode = useAtom(theme);
  const [index, setIndex] = useState<number | null>(null);
  const Plot = usePlotting();
  const chart = useMemo(
    () => chartOf(timeline, measure, beside),
    [timeline, measure, beside.band, beside.whatIf, beside.limit, beside.throttled],
  );
  const latest = useRef({ chart, timeline, onRange: props.onRange });
  latest.current = { chart, timeline, onRange: props.onRange };
  const made = useRef<{ readonly plot: uPlot; holds: Chart } | null>(null);

  useEffect(() => {
    const home = element.current;
    if (home === null || Plot === null || Plot === 'missing') return undefined;
    const tzDate = utc ? (time: number) => Plot.tzDate(new Date(time * 1000), 'Etc/UTC') : null;
    const plot = new Plot(
      {
        ...optionsOf(() => latest.current, mode, tzDate),
        width: home.clientWidth,
        hooks: {
          setSelect: [(drawn) => choose(drawn, latest.current.onRange)],
          setCursor: [(drawn) => setIndex(drawn.cursor.idx ?? null)],
        },
      },
      dataOf(latest.current.chart),
      home,
    );
    made.current = { plot, holds: latest.current.chart };
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: home.clientWidth, height: TIMELINE_HEIGHT }),
    );
    resized.observe(home);
    return () => {
      resized.disconnect();
      plot.destroy();
      made.current = null;
    };
  }, [Plot, mode, utc]);
  useEffect(() => {
    if (made.current === null || made.current.holds === chart) return;
    redraw(made.current.plot, made.current.holds, chart, mode);
    made.current.holds = chart;
  }, [chart]);

  return (
    <div class="timeline" data-testid="timeline">
      <div class="timeline-head">
        {!inFile() && <GroupBy groupBy={shown.groupBy} split={shown.split} />}
        <Legend
          chart={chart}
          measure={measure}
          index={index}
          utc={utc}
          strokes={strokesOf(chart, mode)}
          leftOut={timeline.leftOut}
        />
        {!inFile() && <AddMark shown={shown} />}
      </div>
      <div class="timeline-plot">
        <div ref={element} data-testid="timeline-plot" />
        {Plot === 'missing' && <p class="hint">The chart's code could not be loaded. Reload the page.</p>}
        <TimelineMarks shown={shown} range={timeline.range} />
      </div>
    </div>
  );
}

/** null while it is on its way. */
function usePlotting(): Plotting | null {
  const [Plot, setPlot] = useState<Plotting | null>(null);
  // A function in a function, since the code is a function itself, which would be called.
  useEffect(() => void loadPlotting().then((code) => setPlot(() => code)), []);
  return Plot;
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
      {chart.lines.map((line, i) => {
        const value = index === null ? undefined : line.values[index];
        return (
          <span key={`${line.role} ${line.name}`}>
            <i style={{ background: props.strokes[i] ?? '' }} />
            {line.name}
            {line.role === 'limit' && index === null && ` ${limitText(line.values, measure)}`}
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

/** The limit as a number, since it may lie far above what is drawn. */
function limitText(values: Values, measure: Measure): string {
  const usual = middleOf(values);
  return usual === null ? '' : formatRate(measure, usual);
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
