import { useEffect, useState } from 'preact/hooks';
import {
  displayTime,
  formatDuration,
  isoOf,
  normalizeTime,
  parseDuration,
  resolveRange,
  type TimeRange,
} from '../model/time_range';
import { now } from '../state/clock';
import { useAtom } from './hooks';

const QUICK: readonly (readonly [string, string])[] = [
  ['now-15m', '15 min'],
  ['now-1h', '1 h'],
  ['now-3h', '3 h'],
  ['now-12h', '12 h'],
  ['now-1d', '1 day'],
  ['now-7d', '7 days'],
];

export interface TimePickerProps {
  readonly range: TimeRange;
  readonly utc: boolean;
  readonly onRange: (range: TimeRange) => void;
  readonly testid: string;
}

/** Both ends as text, the usual ranges, and one step out. */
export function TimePicker(props: TimePickerProps) {
  const { range, onRange } = props;
  const moment = useAtom(now);
  const resolved = resolveRange(range, moment);
  const quick = range.until === 'now' && QUICK.some(([from]) => from === range.from) ? range.from : '';
  const wider = (): void => {
    if (resolved === null) return;
    const half = (resolved.untilMs - resolved.fromMs) / 2;
    const until = Math.min(moment, resolved.untilMs + half);
    onRange({
      from: isoOf(Math.floor(until - 4 * half)),
      until: until === moment ? 'now' : isoOf(Math.ceil(until)),
    });
  };
  return (
    <div class="times" data-testid={props.testid}>
      <TimeField {...props} end="from" moment={moment} />
      <span aria-hidden="true">–</span>
      <TimeField {...props} end="until" moment={moment} />
      <select
        aria-label="Usual ranges"
        data-testid={`${props.testid}-quick`}
        value={quick}
        onChange={(event) => onRange({ from: event.currentTarget.value, until: 'now' })}
      >
        <option value="" disabled hidden>
          {resolved === null ? 'empty' : formatDuration(resolved.untilMs - resolved.fromMs)}
        </option>
        {QUICK.map(([from, title]) => (
          <option key={from} value={from}>
            last {title}
          </option>
        ))}
      </select>
      <button type="button" title="Twice as long" aria-label="Show twice as long a range" onClick={wider}>
        ⟷
      </button>
    </div>
  );
}

function TimeField(props: TimePickerProps & { readonly end: 'from' | 'until'; readonly moment: number }) {
  const { range, end, utc, moment } = props;
  const shown = displayTime(range[end], moment, utc);
  const [text, setText] = useState(shown);
  const [wrong, setWrong] = useState(false);
  useEffect(() => {
    setText(shown);
    setWrong(false);
  }, [shown]);
  const commit = (): void => {
    if (text === shown) return;
    const next = typed(text, range, end, moment, utc);
    setWrong(next === null);
    if (next !== null) props.onRange(next);
  };
  return (
    <span class="time-field">
      <input
        class="time"
        aria-label={end === 'from' ? 'From' : 'Until'}
        aria-invalid={wrong}
        title="now-15m, last 3 h, 2026-01-31 12:00, 12:00"
        data-testid={`${props.testid}-${end}`}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      {wrong && (
        <span class="field-error" role="alert">
          Not a time, or the range is empty. Try now-15m, last 3 h or 2026-01-31 12:00.
        </span>
      )}
    </span>
  );
}

/** The range after typing into one end: a duration replaces both. Null if it is no time or the range is empty. */
function typed(
  text: string,
  range: TimeRange,
  end: 'from' | 'until',
  moment: number,
  utc: boolean,
): TimeRange | null {
  const duration = parseDuration(text);
  const time = normalizeTime(text, moment, utc);
  const next = duration ?? (time === null ? null : { from: range.from, until: range.until, [end]: time });
  return next !== null && resolveRange(next, moment) !== null ? next : null;
}
