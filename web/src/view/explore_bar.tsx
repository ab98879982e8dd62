import type { Profile } from '../model/answers';
import { divisorOf, formatRate, ratio, type Measure } from '../model/cores';
import type { Price } from '../model/money';
import { formatTime } from '../model/time_range';
import type { View } from '../model/url_state';
import { refresh } from '../state/clock';
import { navigate } from '../state/view';
import { LabelChips } from './label_chips';
import { ServicePicker } from './service_picker';
import { TimePicker } from './time_picker';
import { TypePicker } from './type_picker';

/** One row: what is shown, when, and what it adds up to. */
export function ExploreBar(props: {
  readonly shown: View;
  readonly price: Price | null;
  readonly profile: Profile | null;
  readonly measure: Measure;
}) {
  const { shown, price, profile, measure } = props;
  const whole = profile === null ? 0 : ratio(Number(profile.side.total), divisorOf(measure, profile.side));
  const query = (next: string): void => navigate({ query: next, zoom: '' });
  return (
    <div class="bar">
      <ServicePicker query={shown.query} type={shown.type} price={price} wholeCores={whole} onQuery={query} />
      <TypePicker type={shown.type} />
      <LabelChips selection={shown} onQuery={query} />
      {profile !== null && profile.side.profiles > 0 && (
        <p class="headline-number" data-testid="total" title={exactRange(profile, shown.utc)}>
          {formatRate(measure, whole)}
        </p>
      )}
      <span class="spring" />
      <TimePicker
        range={shown}
        utc={shown.utc}
        testid="range"
        onRange={({ from, until }) => navigate({ from, until })}
      />
      <button type="button" title="Refresh" aria-label="Refresh" data-testid="refresh" onClick={refresh}>
        ↻
      </button>
      <button
        type="button"
        aria-pressed={shown.live}
        title="Refresh every ten seconds while the range ends now"
        data-testid="live"
        onClick={() => navigate({ live: !shown.live })}
      >
        Live
      </button>
    </div>
  );
}

/** The server widens a range to whole buckets: what the numbers are exact for. */
function exactRange(profile: Profile, utc: boolean): string {
  const { fromMs, untilMs } = profile.side.range;
  return `Exact for ${formatTime(fromMs, utc, true)} – ${formatTime(untilMs, utc, true)}, ${profile.side.profiles} profiles`;
}
