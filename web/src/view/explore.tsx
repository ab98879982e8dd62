/** Explore: one selection over one range as timeline, flame graph and table. */
import { useMemo } from 'preact/hooks';
import { parseProfile, parseTimeline, type Profile, type Timeline } from '../model/answers';
import { divisorOf, measureOf, ratio, type Measure } from '../model/cores';
import type { Price } from '../model/money';
import { scalesOf } from '../model/operators';
import { findNode } from '../model/path_hash';
import { chartOf, type Beside } from '../model/series';
import { rangeProblem } from '../model/time_range';
import { nodeName } from '../model/tree';
import type { View } from '../model/url_state';
import { parseZoom } from '../model/zoom';
import { now } from '../state/clock';
import {
  bandRequest,
  limit,
  profile as profileQuery,
  profileTypes,
  throttled,
  timeline as timelineQuery,
  whatIfTimelineRequest,
  withoutScalesRequest,
} from '../state/queries';
import type { Loaded } from '../state/query';
import { navigate } from '../state/view';
import { ByValue } from './by_value';
import { ExploreBar } from './explore_bar';
import { useAnswer, useAtom, useCalm, useHeldAnswer, useSettledAnswer } from './hooks';
import { Failure, NoProfiles, Waiting, WaitingBeside } from './messages';
import { ProfileFrames, type FramesProps } from './profile_frames';
import { SandwichView } from './sandwich';
import { SourceView } from './source_view';
import { TimelineChart } from './timeline';
import { WhatIf, type WhatIfProps } from './what_if';

export function Explore(props: { readonly shown: View; readonly price: Price | null }) {
  const { shown, price } = props;
  const loaded = useAtom(profileQuery.state);
  const times = useAtom(timelineQuery.state);
  const moment = useAtom(now);
  const course = useCourse(times);
  const measure = useMemo(() => measureOf(shown.type), [shown.type]);
  const profile = loaded.value;
  const beside = useBeside(shown, profile, course);
  const what = useWhatIf(shown, profile, measure);
  const empty = profile?.side.profiles === 0;
  const failure = rangeProblem(shown, moment) ?? loaded.error ?? times.error;
  // The same elements again are not drawn again: what stands beside the frames arrives in parts, and rows are many.
  const same = [shown, price, profile, measure, moment];
  const bar = useMemo(() => <ExploreBar shown={shown} price={price} profile={profile} measure={measure} />, same);
  const frames = useMemo(
    () => profile && <Shown shown={shown} profile={profile} measure={measure} price={price} />,
    same,
  );
  return (
    <main class="explore" aria-busy={loaded.loading}>
      {bar}
      {course.timeline !== null && !empty && (
        <TimelineChart
          shown={shown}
          timeline={course.timeline}
          beside={beside}
          measure={measure}
          onRange={({ from, until }) => navigate({ from, until })}
        />
      )}
      {failure !== null && <Failure message={failure} />}
      {failure === null && profile === null && <Waiting />}
      {profile !== null && <WaitingBeside />}
      {empty && <NoProfiles query={shown.query} />}
      {profile !== null && !empty && (
        <>
          {what !== null && (
            <WhatIf
              shown={shown}
              measure={measure}
              price={price}
              {...what}
              over={overTime(course.timeline, beside, measure)}
            />
          )}
          {frames}
        </>
      )}
    </main>
  );
}

/** The selection as a graph and a table, one function of it as a sandwich, one file, or each value of a label. */
function Shown(props: FramesProps) {
  const { shown, measure, price, profile } = props;
  if (shown.source !== '') return <SourceView shown={shown} measure={measure} />;
  if (shown.sandwich !== '') return <SandwichView shown={shown} measure={measure} price={price} />;
  if (shown.split && shown.groupBy !== '')
    return <ByValue shown={shown} measure={measure} whole={Number(profile.side.total)} />;
  return <ProfileFrames {...props} />;
}

interface Course {
  readonly timeline: Timeline | null;
  readonly limit: Timeline | null;
  readonly throttled: Timeline | null;
}

/** The timeline; once it is shown, a new one with its limits together, so that no line goes and comes back. */
function useCourse(times: Loaded<Timeline>): Course {
  const types = useAtom(profileTypes.state);
  const limits = useAtom(limit.state);
  const withheld = useAtom(throttled.state);
  const unknown = types.value === null && types.error === null;
  const busy = unknown || [times, limits, withheld].some((part) => part.loading);
  const course = { timeline: times.value, limit: limits.value, throttled: withheld.value };
  return useCalm(course, busy, (shown) => shown.timeline !== null);
}

/** What the timeline draws beside the values: the functions searched for or zoomed to, the limit, throttling. */
function useBeside(shown: View, profile: Profile | null, course: Course): Beside {
  const { key } = parseZoom(shown.zoom);
  const focused = useMemo(() => {
    const node = profile === null ? 0 : findNode(profile.tree, profile.functions, key);
    return profile === null || node === 0 ? '' : nodeName(profile.tree, profile.functions, node);
  }, [profile, key]);
  const searched = shown.search.trim();
  const name = searched === '' ? focused : `matching “${searched}”`;
  const band = useHeldAnswer(parseTimeline, bandRequest(shown, focused), name, course.timeline);
  const whatIf = useSettledAnswer(parseTimeline, whatIfTimelineRequest(shown));
  return {
    band: band?.value ?? null,
    bandName: band?.name ?? '',
    whatIf,
    limit: course.limit,
    throttled: course.throttled,
  };
}

/** Cores of the tree as it is and as it would be; null if nobody asks. */
function useWhatIf(
  shown: View,
  profile: Profile | null,
  measure: Measure,
): { readonly before: number; readonly after: number } | null {
  const without = useAnswer(parseProfile, withoutScalesRequest(shown)).value;
  if (without === null || profile === null || scalesOf(shown.operators).length === 0) return null;
  const coresOf = (one: Profile): number =>
    ratio(one.values.total.near[0] ?? 0, divisorOf(measure, one.side));
  return { before: coresOf(without), after: coresOf(profile) };
}

/** Both lines of the timeline once they are there; grouped by a label there is no line of the whole. */
function overTime(timeline: Timeline | null, beside: Beside, measure: Measure): WhatIfProps['over'] {
  if (timeline === null) return null;
  const { lines } = chartOf(timeline, measure, beside);
  const before = lines.filter((line) => line.role === 'value');
  const after = lines.find((line) => line.role === 'what-if');
  const [whole] = before;
  if (whole === undefined || before.length > 1 || after === undefined) return null;
  return { before: whole.values, after: after.values };
}
