/** The page in one file: what was kept, and what of it was cut. Nothing here asks a server. */
import { useMemo, useState } from 'preact/hooks';
import type { Comparison, Profile, Side, Timeline } from '../model/answers';
import { measureOf, PER_REQUEST } from '../model/cores';
import { scaleOf } from '../model/diff';
import { cutOf, describeCut, type Kept } from '../model/kept';
import type { Price } from '../model/money';
import { formatTime } from '../model/time_range';
import type { View } from '../model/url_state';
import { view } from '../state/view';
import { Changes } from './changes';
import { useAtom } from './hooks';
import { KeysDialog } from './keys_dialog';
import { PageButtons, useShortcuts } from './page_buttons';
import { ProfileFrames } from './profile_frames';
import { TimelineChart } from './timeline';

const NOTHING_BESIDE = { band: null, bandName: '', whatIf: null, limit: null, throttled: null };

export function KeptPage(props: { readonly kept: Kept }) {
  const { kept } = props;
  const shown = useAtom(view);
  const [keys, setKeys] = useState(false);
  const price = shown.cost === null ? null : { amount: shown.cost, per: shown.per };
  const isComparison = 'comparison' in kept.shown;
  useShortcuts(() => setKeys(true));
  return (
    <>
      <header>
        <h1 class="brand">phlox</h1>
        <span data-testid="kept-title">{kept.title}</span>
        <span class="spring" />
        <PageButtons shown={shown} onKeys={() => setKeys(true)} />
      </header>
      <main class={isComparison ? 'compare' : 'explore'}>
        <section class="kept" data-testid="kept">
          {'comparison' in kept.shown ? (
            <>
              <Selected shown={shown} title="Baseline" query={shown.baseline.query} side={kept.shown.comparison.sides[0]} />
              <Selected
                shown={shown}
                title="Comparison"
                query={shown.comparison.query}
                side={kept.shown.comparison.sides[1]}
              />
            </>
          ) : (
            <Selected shown={shown} title="Profile" query={shown.query} side={kept.shown.profile.side} />
          )}
          <p>
            Kept on {formatTime(kept.madeMs, shown.utc)}.{' '}
            <span data-testid="kept-cut">
              {describeCut(
                'comparison' in kept.shown
                  ? cutOf(kept.shown.comparison.tree, kept.shown.comparison.table)
                  : cutOf(kept.shown.profile.tree, kept.shown.profile.table),
              )}
            </span>
          </p>
        </section>
        {'comparison' in kept.shown ? (
          <KeptComparison shown={shown} comparison={kept.shown.comparison} price={price} />
        ) : (
          <KeptProfile shown={shown} {...kept.shown} price={price} />
        )}
      </main>
      {keys && <KeysDialog onClose={() => setKeys(false)} />}
    </>
  );
}

function Selected(props: {
  readonly shown: View;
  readonly title: string;
  readonly query: string;
  readonly side: Side;
}) {
  const { shown, query } = props;
  const { fromMs, untilMs } = props.side.range;
  return (
    <p>
      {props.title} {query !== '' && <code>{query}</code>} {formatTime(fromMs, shown.utc, true)} –{' '}
      {formatTime(untilMs, shown.utc, true)}
    </p>
  );
}

function KeptComparison(props: {
  readonly shown: View;
  readonly comparison: Comparison;
  readonly price: Price | null;
}) {
  const { shown, comparison, price } = props;
  const own = useMemo(() => measureOf(shown.type), [shown.type]);
  const requests = own.unit === 'cores' && shown.requests !== 'pushed' ? shown.requests : null;
  const scale = useMemo(() => scaleOf(comparison, own, requests), [comparison, own, requests]);
  const measure = requests === null ? own : PER_REQUEST;
  return (
    <Changes
      shown={shown}
      requests={requests}
      comparison={comparison}
      measure={measure}
      scale={scale}
      price={price}
    />
  );
}

function KeptProfile(props: {
  readonly shown: View;
  readonly profile: Profile;
  readonly timeline: Timeline | null;
  readonly price: Price | null;
}) {
  const { shown, profile, timeline, price } = props;
  const measure = useMemo(() => measureOf(shown.type), [shown.type]);
  return (
    <>
      {timeline !== null && (
        <TimelineChart
          shown={shown}
          timeline={timeline}
          beside={NOTHING_BESIDE}
          measure={measure}
          onRange={() => undefined}
        />
      )}
      <ProfileFrames shown={shown} profile={profile} measure={measure} price={price} />
    </>
  );
}
