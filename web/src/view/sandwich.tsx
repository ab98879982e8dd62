/** Sandwich: one function, above it all who call it, below it all that it calls, wherever it stands in the tree. */
import { useMemo, useState } from 'preact/hooks';
import { parseSandwich, type Sandwich, type SandwichTree } from '../model/answers';
import { functionFills, rootFill } from '../model/colors';
import { divisorOf, formatRate, formatShare, ratio, type Measure } from '../model/cores';
import type { Price } from '../model/money';
import { isInverted } from '../model/operators';
import { search } from '../model/search';
import { nodeName } from '../model/tree';
import { MAX_NODES, type View } from '../model/url_state';
import { Atom } from '../state/atom';
import { sandwichRequest } from '../state/queries';
import { theme } from '../state/theme';
import { navigate } from '../state/view';
import { FlameGraph } from './flame_graph';
import { sandwichActions } from './frame_actions';
import { HiddenFrames, ProfileFrame } from './frame_details';
import { useAnswer, useAtom } from './hooks';
import { Failure } from './messages';
import { SearchBox } from './search_box';

export interface SandwichProps {
  readonly shown: View;
  readonly measure: Measure;
  readonly price: Price | null;
}

export function SandwichView(props: SandwichProps) {
  const { shown, measure } = props;
  const loaded = useAnswer(parseSandwich, sandwichRequest(shown));
  const { value } = loaded;
  const total = value?.callees.values.total.near[0] ?? 0;
  return (
    <section class="sandwich" aria-label={`Callers and callees of ${shown.sandwich}`} data-testid="sandwich">
      <div class="frames-bar">
        <SearchBox text={shown.search} result="" />
        <p data-testid="sandwich-total">
          <b>{shown.sandwich}</b>
          {value !== null &&
            ` ${formatRate(measure, ratio(total, divisorOf(measure, value.side)))}, ${formatShare(ratio(total, Number(value.side.total)))}`}
        </p>
        <span class="spring" />
        <button type="button" data-testid="sandwich-close" onClick={() => navigate({ sandwich: '' })}>
          Back to the whole graph
        </button>
      </div>
      {loaded.error !== null && <Failure message={loaded.error} />}
      {value === null && loaded.error === null && <p class="message">Loading…</p>}
      {value !== null && (
        <div class="sandwich-graphs">
          <h2>Callers</h2>
          <Half {...props} sandwich={value} half={value.callers} id="callers" orientation="flame" />
          <h2>Callees</h2>
          <Half {...props} sandwich={value} half={value.callees} id="callees" orientation="icicle" />
        </div>
      )}
    </section>
  );
}

function Half(
  props: SandwichProps & {
    readonly sandwich: Sandwich;
    readonly half: SandwichTree;
    readonly id: 'callers' | 'callees';
    readonly orientation: 'flame' | 'icicle';
  },
) {
  const { shown, measure, price, sandwich, half } = props;
  const { functions, side } = sandwich;
  const { tree, values } = half;
  const mode = useAtom(theme);
  const [focus, setFocus] = useState(0);
  const [selection] = useState(() => new Atom(-1));
  const divisor = divisorOf(measure, side);
  const shape = useMemo(() => {
    const width = values.total.near;
    return { tree, width, hidden: values.hiddenTotal.near, extent: width };
  }, [half]);
  const found = useMemo(() => search(shown.search, functions, tree), [half, shown.search]);
  const paint = useMemo(() => {
    const fills = functionFills(functions, mode);
    const root = rootFill(mode);
    return {
      fill: (node: number) => fills(tree.function[node] ?? -1) ?? root,
      ink: () => '#000000',
      note: (node: number) => formatShare(ratio(values.total.near[node] ?? 0, values.total.near[0] ?? 0)),
    };
  }, [half, mode]);
  const say = (node: number): string =>
    `${nodeName(tree, functions, node)}: ${formatRate(measure, ratio(values.total.near[node] ?? 0, divisor))}`;
  return (
    <FlameGraph
      id={props.id}
      label={props.id === 'callers' ? 'Callers' : 'Callees'}
      shape={shape}
      functions={functions}
      paint={paint}
      focus={focus < tree.depth.length ? focus : 0}
      onFocus={setFocus}
      found={found}
      selection={selection}
      orientation={props.orientation}
      describe={(node) => (
        <ProfileFrame
          profile={{ ...half, functions, side }}
          measure={measure}
          price={price}
          node={node}
          focus={focus}
          inverted={isInverted(shown.operators) !== (props.id === 'callers')}
        />
      )}
      describeHidden={(node) => (
        <HiddenFrames
          count={tree.hiddenCount[node] ?? 0}
          value={formatRate(measure, ratio(shape.hidden[node] ?? 0, divisor))}
        />
      )}
      onOpenHidden={() => navigate({ nodes: Math.min(MAX_NODES, shown.nodes * 8) })}
      actions={(node) => sandwichActions({ shown, tree, functions, node, onFocus: setFocus }, props.id === 'callers')}
      say={say}
    />
  );
}
