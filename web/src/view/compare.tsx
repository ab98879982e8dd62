/** Compare: two selections, what changed between them in cores, and what that is worth. */
import { useMemo } from 'preact/hooks';
import { measureOf, PER_REQUEST } from '../model/cores';
import { scaleOf } from '../model/diff';
import type { Price } from '../model/money';
import { rangeProblem } from '../model/time_range';
import type { View } from '../model/url_state';
import { now } from '../state/clock';
import { comparison as comparisonQuery } from '../state/queries';
import { Changes } from './changes';
import { CompareBar } from './compare_bar';
import { useRequests } from './request_fields';
import { useAtom } from './hooks';
import { EmptySide, Failure, NoProfiles, Waiting, WaitingBeside } from './messages';

const SIDES = ['baseline', 'comparison'] as const;

export function Compare(props: { readonly shown: View; readonly price: Price | null }) {
  const { shown } = props;
  const loaded = useAtom(comparisonQuery.state);
  const given = useRequests(shown);
  const requests = measureOf(shown.type).unit === 'cores' ? given : null;
  const measure = requests === null ? measureOf(shown.type) : PER_REQUEST;
  const value = loaded.value;
  const scale = useMemo(
    () => value && scaleOf(value, measureOf(shown.type), requests),
    [value, shown.type, requests],
  );
  // A core-hour has no price a request; a bill is one at the baseline's traffic.
  const price = requests !== null && props.price?.per === 'core-hour' ? null : props.price;
  const moment = useAtom(now);
  const failure =
    rangeProblem(shown.baseline, moment) ?? rangeProblem(shown.comparison, moment) ?? loaded.error;
  const empty = SIDES.filter((_, i) => value?.sides[i]?.profiles === 0);
  return (
    <main class="compare" aria-busy={loaded.loading}>
      <CompareBar shown={shown} price={price} wholeCores={scale?.wholes[0] ?? 0} />
      {failure !== null && <Failure message={failure} />}
      {failure === null && value === null && <Waiting />}
      {value !== null && <WaitingBeside />}
      {empty.length === 2 && <NoProfiles query={shown.baseline.query} />}
      {empty.length === 1 && empty[0] !== undefined && <EmptySide side={empty[0]} />}
      {value !== null && scale !== null && empty.length === 0 && (
        <Changes
          // A file that is kept has no server to ask for requests.
          shown={shown.requests === 'pushed' ? { ...shown, requests } : shown}
          requests={requests}
          comparison={value}
          measure={measure}
          scale={scale}
          price={price}
        />
      )}
    </main>
  );
}
