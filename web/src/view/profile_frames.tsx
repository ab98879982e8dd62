/** One profile as flame graph and table. */
import { useMemo } from 'preact/hooks';
import { parseWholeSearch, type Profile } from '../model/answers';
import { functionFills, kindFills, rootFill, selfFill, type Theme } from '../model/colors';
import { divisorOf, formatRate, formatShare, formatWhole, ratio, type Measure } from '../model/cores';
import { profileCsv } from '../model/export';
import type { Price } from '../model/money';
import { isInverted } from '../model/operators';
import { matchedTotal, prepareSearch, type Search } from '../model/search';
import { profileShape } from '../model/shape';
import { nodeName, placeOf } from '../model/tree';
import { MAX_NODES, type Paint, type View } from '../model/url_state';
import { selectedNode } from '../state/frames';
import { wholeSearchRequest } from '../state/queries';
import { theme } from '../state/theme';
import { movedTo, navigate } from '../state/view';
import { CallTable } from './call_table';
import { FlameGraph, type FlamePaint } from './flame_graph';
import { frameActions } from './frame_actions';
import { HiddenFrames, ProfileFrame } from './frame_details';
import { FramesBar, useFrames, type SharedFrames } from './frames_bar';
import { useAtom, useIdle, usePictured, useSettledAnswer } from './hooks';
import { TopTable } from './top_table';

export interface FramesProps {
  readonly shown: View;
  readonly profile: Profile;
  readonly measure: Measure;
  readonly price: Price | null;
}

/** Flame graph and table with what they share: search, zoom, selection. */
export function ProfileFrames(props: FramesProps) {
  const { shown, profile, measure, price } = props;
  const frames = useFrames(shown, profile);
  const { found, focus, onFocus } = frames;
  const pictured = usePictured();
  const table = shown.panes === 'graph' ? null : pictured || shown.panes === 'table' ? shown.table : 'later';
  useIdle(() => prepareSearch(profile.functions, profile.tree, profile.values), [profile]);
  return (
    <>
      <FramesBar
        shown={shown}
        answer={profile}
        frames={frames}
        result={<Result found={found} shown={shown} profile={profile} measure={measure} />}
        price={price}
        graph={shown.panes === 'table' ? null : 'main'}
        csv={() => profileCsv(profile)}
      />
      <div class={`panes show-${shown.panes}`}>
        {shown.panes !== 'table' && <Graph {...props} {...frames} />}
        {table === 'later' && <div class="table-scroller" />}
        {table === 'calls' && (
          <CallTable {...props} found={found} root={focus} onFocus={onFocus} />
        )}
        {table === 'functions' && (
          <TopTable
            shown={shown}
            profile={profile}
            measure={measure}
            price={price}
            found={found}
            onSelect={frames.onSelect}
          />
        )}
      </div>
    </>
  );
}

function Graph(props: FramesProps & SharedFrames) {
  const { shown, profile, measure, price, focus } = props;
  const shape = useMemo(() => profileShape(profile), [profile]);
  const paint = usePaint(profile, measure, shown.paint);
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
      part={props.part}
      onPart={movedTo}
      found={props.found}
      selection={selectedNode}
      orientation={shown.orientation}
      describe={(node) => (
        <ProfileFrame
          profile={profile}
          measure={measure}
          price={price}
          node={node}
          focus={focus}
          inverted={isInverted(shown.operators)}
        />
      )}
      describeHidden={(node) => (
        <HiddenFrames
          count={profile.tree.hiddenCount[node] ?? 0}
          value={formatRate(measure, ratio(shape.hidden[node] ?? 0, divisor))}
        />
      )}
      actions={(node) => frameActions({ ...profile, shown, node, onFocus: props.onFocus })}
      onOpenHidden={() => navigate({ nodes: Math.min(MAX_NODES, shown.nodes * 8) })}
      say={(node) => sentenceOf(profile, measure, node)}
    />
  );
}

function usePaint(profile: Profile, measure: Measure, by: Paint): FlamePaint {
  const mode = useAtom(theme);
  return useMemo(() => {
    const fill = fillsBy(by, profile, mode);
    const total = profile.values.total.near;
    const whole = total[0] ?? 0;
    return {
      fill,
      ink: () => '#000000',
      note: (node) =>
        node === 0
          ? formatRate(measure, ratio(whole, divisorOf(measure, profile.side)))
          : formatShare(ratio(total[node] ?? 0, whole)),
    };
  }, [profile, measure, mode, by]);
}

function fillsBy(by: Paint, profile: Profile, mode: Theme): (node: number) => string {
  const { tree, functions, values } = profile;
  const root = rootFill(mode);
  if (by === 'self') {
    const self = values.self.near;
    const most = self.reduce((largest, value) => Math.max(largest, value), 0);
    const fills = Array.from({ length: 33 }, (_, i) => selfFill(i / 32, mode));
    return (node) => (node === 0 ? root : (fills[Math.round(ratio(self[node] ?? 0, most) * 32)] ?? root));
  }
  const fills = (by === 'kind' ? kindFills : functionFills)(functions, mode);
  return (node) => fills(tree.function[node] ?? -1) ?? root;
}

/**
 * "2 functions, 0.655 cores, 75.0 %". Until the server has searched the whole tree it is a lower bound, and says so. By
 * itself, so that the table is not drawn again when the server has.
 */
function Result(props: Omit<FramesProps, 'price'> & { readonly found: Search | null }) {
  const { found, shown, profile, measure } = props;
  const matched = useMemo(() => found && matchedTotal(found, profile.tree, profile.values), [found, profile]);
  const isPart = matched !== null && matched.unknown > 0n;
  const whole = useSettledAnswer(parseWholeSearch, isPart ? wholeSearchRequest(shown) : null);
  if (found === null || matched === null) return null;
  const exact = isPart && whole !== null ? whole : null;
  const least = isPart && exact === null ? 'at least ' : '';
  const total = Number(exact?.total ?? matched.total);
  const functionCount = exact?.functionCount ?? found.functionCount;
  const share = ratio(total, profile.values.total.near[0] ?? 0);
  const rate = ratio(total, divisorOf(measure, profile.side));
  const count = `${formatWhole(functionCount)} ${functionCount === 1 ? 'function' : 'functions'}`;
  return <>{`${count}, ${least}${formatRate(measure, rate)}, ${formatShare(share)}`}</>;
}

function sentenceOf(profile: Profile, measure: Measure, node: number): string {
  const { tree, functions, values, side } = profile;
  const total = values.total.near[node] ?? 0;
  const place = placeOf(functions, tree.function[node] ?? -1);
  const name = [nodeName(tree, functions, node), place].filter((part) => part !== '').join(', ');
  const share = formatShare(ratio(total, values.total.near[0] ?? 0));
  return `${name}: total ${formatRate(measure, ratio(total, divisorOf(measure, side)))}, ${share}`;
}
