/** Explore: one selection over one range as timeline, flame graph and table. */
import { useEffect, useMemo } from 'preact/hooks';
import { parseTimeline, type Profile } from '../model/answers';
import { functionFills, rootFill } from '../model/colors';
import { divisorOf, formatRate, formatShare, measureOf, ratio, type Measure } from '../model/cores';
import type { Price } from '../model/money';
import { findNode, nodeKey } from '../model/path_hash';
import { matchedTotal, search, type Search } from '../model/search';
import type { Beside } from '../model/series';
import { profileShape } from '../model/shape';
import { rangeProblem } from '../model/time_range';
import { nodeName, placeOf } from '../model/tree';
import { MAX_NODES, type View } from '../model/url_state';
import { now } from '../state/clock';
import { goToZoomed, selectedFunction, showTree } from '../state/frames';
import {
  bandRequest,
  limit,
  profile as profileQuery,
  services,
  throttled,
  timeline as timelineQuery,
} from '../state/queries';
import { theme } from '../state/theme';
import { navigate } from '../state/view';
import { Breadcrumbs } from './breadcrumbs';
import { ExploreBar } from './explore_bar';
import { FlameGraph, type FlamePaint } from './flame_graph';
import { HiddenFrames, ProfileFrame } from './frame_details';
import { useAnswer, useAtom, useSettled } from './hooks';
import { Failure, NoProfiles, Waiting } from './messages';
import { SearchBox } from './search_box';
import { TimelineChart } from './timeline';
import { TopTable } from './top_table';
import { GraphTools } from './graph_tools';

export function Explore(props: { readonly shown: View; readonly price: Price | null }) {
  const { shown, price } = props;
  const loaded = useAtom(profileQuery.state);
  const times = useAtom(timelineQuery.state);
  const known = useAtom(services.state);
  const measure = useMemo(() => measureOf(shown.type), [shown.type]);
  const beside = useBeside(shown, loaded.value);
  const empty = loaded.value?.side.profiles === 0;
  const failure =
    rangeProblem(shown, useAtom(now)) ??
    loaded.error ??
    times.error ??
    (shown.query === '' ? known.error : null);
  // Without a selector the page waits for the first service. There may be none.
  const nothing = shown.query === '' && known.value?.length === 0;
  return (
    <main class="explore" aria-busy={loaded.loading}>
      <ExploreBar shown={shown} price={price} profile={loaded.value} measure={measure} />
      {times.value !== null && !empty && (
        <TimelineChart
          shown={shown}
          timeline={times.value}
          beside={beside}
          measure={measure}
          onRange={({ from, until }) => navigate({ from, until })}
        />
      )}
      {failure !== null && <Failure message={failure} />}
      {failure === null && loaded.value === null && (nothing ? <NoProfiles /> : <Waiting />)}
      {empty && <NoProfiles />}
      {loaded.value !== null && !empty && (
        <Frames shown={shown} profile={loaded.value} measure={measure} price={price} />
      )}
    </main>
  );
}

/** What the timeline draws beside the values: the functions searched for or zoomed to, the limit, throttling. */
function useBeside(shown: View, profile: Profile | null): Beside {
  const focused = useMemo(() => {
    const node = profile === null ? 0 : findNode(profile.tree, profile.functions, shown.zoom);
    return profile === null || node === 0 ? '' : nodeName(profile.tree, profile.functions, node);
  }, [profile, shown.zoom]);
  const request = useSettled(bandRequest(shown, focused));
  const band = useAnswer(parseTimeline, request).value;
  const searched = shown.search.trim();
  return {
    band,
    bandName: searched === '' ? focused : `matching “${searched}”`,
    limit: useAtom(limit.state).value,
    throttled: useAtom(throttled.state).value,
  };
}

interface FramesProps {
  readonly shown: View;
  readonly profile: Profile;
  readonly measure: Measure;
  readonly price: Price | null;
}

/** Flame graph and table with what they share: search, zoom, selection. */
function Frames(props: FramesProps) {
  const { shown, profile, measure, price } = props;
  const { tree, functions } = profile;
  useEffect(() => showTree(profile), [profile]);
  const found = useMemo(() => search(shown.search, functions, tree), [profile, shown.search]);
  const focus = useMemo(() => findNode(tree, functions, shown.zoom), [profile, shown.zoom]);
  const result = useMemo(() => resultOf(found, profile, measure), [found, measure]);
  const zoom = (node: number): void => {
    navigate({ zoom: nodeKey(tree, functions, node) });
    goToZoomed();
  };
  const select = (at: number): void => selectedFunction.set(selectedFunction.get() === at ? -1 : at);
  return (
    <>
      <div class="frames-bar">
        <SearchBox text={shown.search} result={result} />
        <Breadcrumbs tree={tree} functions={functions} focus={focus} onFocus={zoom} />
        <GraphTools shown={shown} panes />
      </div>
      <div class={`panes show-${shown.panes}`}>
        {shown.panes !== 'table' && <Graph {...props} found={found} focus={focus} onFocus={zoom} />}
        {shown.panes !== 'graph' && (
          <TopTable
            profile={profile}
            measure={measure}
            price={price}
            found={found}
            sort={shown.sort}
            onSelect={select}
          />
        )}
      </div>
    </>
  );
}

function Graph(
  props: FramesProps & {
    readonly found: Search | null;
    readonly focus: number;
    readonly onFocus: (node: number) => void;
  },
) {
  const { shown, profile, measure, price, focus } = props;
  const shape = useMemo(() => profileShape(profile), [profile]);
  const paint = usePaint(profile, measure);
  const divisor = divisorOf(measure, profile.side);
  return (
    <FlameGraph
      id="main"
      label={`Flame graph of ${shown.query}`}
      shape={shape}
      functions={profile.functions}
      paint={paint}
      focus={focus}
      onFocus={props.onFocus}
      found={props.found}
      orientation={shown.orientation}
      describe={(node) => (
        <ProfileFrame profile={profile} measure={measure} price={price} node={node} focus={focus} />
      )}
      describeHidden={(node) => (
        <HiddenFrames
          count={profile.tree.hiddenCount[node] ?? 0}
          value={formatRate(measure, ratio(shape.hidden[node] ?? 0, divisor))}
        />
      )}
      onOpenHidden={() => navigate({ nodes: Math.min(MAX_NODES, shown.nodes * 8) })}
      say={(node) => sentenceOf(profile, measure, node)}
    />
  );
}

function usePaint(profile: Profile, measure: Measure): FlamePaint {
  const mode = useAtom(theme);
  return useMemo(() => {
    const fills = functionFills(profile.functions, mode);
    const total = profile.values.total.near;
    const whole = total[0] ?? 0;
    const root = rootFill(mode);
    return {
      fill: (node) => fills[profile.tree.function[node] ?? -1] ?? root,
      ink: () => '#000000',
      note: (node) =>
        node === 0
          ? formatRate(measure, ratio(whole, divisorOf(measure, profile.side)))
          : formatShare(ratio(total[node] ?? 0, whole)),
    };
  }, [profile, measure, mode]);
}

/** "2 functions, 0.655 cores, 75.0 %". With hidden frames that may match as well it is a lower bound, and says so. */
function resultOf(found: Search | null, profile: Profile, measure: Measure): string {
  if (found === null) return '';
  const { total, unknown } = matchedTotal(found, profile.tree, profile.values);
  const share = ratio(Number(total), Number(profile.side.total));
  const rate = ratio(Number(total), divisorOf(measure, profile.side));
  const least = ratio(Number(unknown), Number(profile.side.total)) > 0.0005 ? 'at least ' : '';
  const count = `${found.functionCount.toLocaleString('en-US')} ${found.functionCount === 1 ? 'function' : 'functions'}`;
  return `${count}, ${least}${formatRate(measure, rate)}, ${formatShare(share)}`;
}

function sentenceOf(profile: Profile, measure: Measure, node: number): string {
  const { tree, functions, values, side } = profile;
  const total = values.total.near[node] ?? 0;
  const place = placeOf(functions, tree.function[node] ?? -1);
  const name = [nodeName(tree, functions, node), place].filter((part) => part !== '').join(', ');
  const share = formatShare(ratio(total, values.total.near[0] ?? 0));
  return `${name}: total ${formatRate(measure, ratio(total, divisorOf(measure, side)))}, ${share}`;
}
