/** Explore by label: for each value of the chosen label its timeline, all to one scale, and its largest functions. */
import { useMemo } from 'preact/hooks';
import { parseProfile, parseTimeline, type Timeline } from '../model/answers';
import { MOST_VALUES, selectorOfValue, topBySelf } from '../model/by_value';
import { divisorOf, formatAmount, formatRate, formatShare, formatWhole, ratio, type Measure } from '../model/cores';
import { chartOf, type ChartLine } from '../model/series';
import { sparkPath } from '../model/service_rows';
import type { View } from '../model/url_state';
import { timelineByValueRequest, valueRequest } from '../state/queries';
import { theme } from '../state/theme';
import { navigate } from '../state/view';
import { useAnswer, useAtom } from './hooks';
import { Failure } from './messages';
import { Meter } from './meter';
import { strokesOf } from './timeline_options';

const TOP = 5;
const CHART = { width: 300, height: 56 } as const;

export interface ByValueProps {
  readonly shown: View;
  readonly measure: Measure;
  /** Value of the whole selection, in the type's own unit. */
  readonly whole: number;
}

export function ByValue(props: ByValueProps) {
  const { shown, measure } = props;
  const loaded = useAnswer(parseTimeline, timelineByValueRequest(shown));
  const { value } = loaded;
  const chart = useMemo(() => value && chartOf(value, measure), [value, measure]);
  const mode = useAtom(theme);
  const strokes = chart === null ? [] : strokesOf(chart, mode);
  return (
    <section class="by-value" aria-label={`By ${shown.groupBy}`} data-testid="by-value">
      {loaded.error !== null && <Failure message={loaded.error} />}
      {value !== null && chart !== null && (
        <>
          <p class="hint" data-testid="by-value-scale">
            {value.series.length} {value.series.length === 1 ? 'value' : 'values'} of {shown.groupBy}, each drawn up to{' '}
            {formatRate(measure, chart.top)}
            {value.leftOut > 0 && `; ${formatWhole(value.leftOut)} smaller ones are not shown`}
          </p>
          <ul class="cards">
            {value.series.slice(0, MOST_VALUES).map((series, i) => {
              const name = series.labels.get(shown.groupBy) ?? '';
              const line = chart.lines[i];
              return line === undefined ? null : (
                <Card
                  key={name}
                  {...props}
                  value={name}
                  line={line}
                  stroke={strokes[i] ?? ''}
                  top={chart.top}
                  timeline={value}
                />
              );
            })}
          </ul>
        </>
      )}
    </section>
  );
}

interface CardProps extends ByValueProps {
  readonly value: string;
  readonly line: ChartLine;
  /** That of its line in the timeline above. */
  readonly stroke: string;
  readonly top: number;
  readonly timeline: Timeline;
}

function Card(props: CardProps) {
  const { shown, measure, value } = props;
  const query = selectorOfValue(shown.query, shown.groupBy, value);
  const loaded = useAnswer(parseProfile, query === null ? null : valueRequest(shown, query));
  const profile = loaded.value;
  const total = profile === null ? 0 : Number(profile.side.total);
  return (
    <li class="card" data-testid="value-card">
      <h2>
        <button
          type="button"
          class="link"
          title={`Only ${shown.groupBy} ${value}`}
          disabled={query === null}
          onClick={() => query !== null && navigate({ query, split: false, groupBy: '', zoom: '' })}
        >
          {value === '' ? `no ${shown.groupBy}` : value}
        </button>
        {profile !== null && (
          <span class="value" data-testid="value-total">
            {formatRate(measure, ratio(total, divisorOf(measure, profile.side)))}{' '}
            <span class="share">{formatShare(ratio(total, props.whole))}</span>
          </span>
        )}
      </h2>
      <SmallTimeline {...props} />
      {loaded.error !== null && <p class="hint">{loaded.error}</p>}
      {profile !== null && <Top {...props} profile={profile} />}
    </li>
  );
}

function SmallTimeline(props: CardProps) {
  const { line, top, measure } = props;
  const known = line.values.filter((value) => value !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const said = known.length === 0 ? 'no data' : `${formatAmount(measure, least)} to ${formatRate(measure, most)}`;
  return (
    <svg
      class="small-timeline"
      role="img"
      aria-label={`Over time: ${said}`}
      viewBox={`0 0 ${CHART.width} ${CHART.height}`}
      preserveAspectRatio="none"
      data-testid="value-timeline"
    >
      <path d={sparkPath(line.values, CHART.width, CHART.height, top)} style={{ stroke: props.stroke }} />
    </svg>
  );
}

function Top(props: CardProps & { readonly profile: NonNullable<ReturnType<typeof parseProfile>> }) {
  const { measure, profile } = props;
  const { table, functions, side } = profile;
  const top = useMemo(() => topBySelf(profile, TOP), [profile]);
  const divisor = divisorOf(measure, side);
  return (
    <table class="value-top" data-testid="value-top">
      {/* Out of the flow, a caption would begin the table with a row of its own, and columns are as wide as the first row says. */}
      <caption>
        <span class="visually-hidden">Largest functions by self value</span>
      </caption>
      <tbody>
        {top.rows.map((row) => {
          const self = table.self.near[row] ?? 0;
          const name = functions.name[table.function[row] ?? -1] ?? '';
          return (
            <tr key={row}>
              <th scope="row">
                <span class="function" title={name}>
                  {name}
                </span>
              </th>
              <td class="number">{formatAmount(measure, ratio(self, divisor))}</td>
              <td class="number">
                <Meter share={ratio(self, Number(side.total))} /> {formatShare(ratio(self, Number(side.total)))}
              </td>
            </tr>
          );
        })}
        {!top.isProved && (
          <tr>
            <td colSpan={3} class="hint">
              of the functions with the largest totals
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
