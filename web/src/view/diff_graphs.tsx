/** The flame graphs of a comparison: the difference, and below it both sides to one scale. */
import { useMemo } from 'preact/hooks';
import type { Comparison } from '../model/answers';
import { functionFills, rootFill } from '../model/colors';
import { formatAmount, formatChange, formatRate, formatShare, ratio, type Measure } from '../model/cores';
import {
  changeOfPair,
  diffPalette,
  diffShades,
  formatRelative,
  type Change,
  type Scale,
} from '../model/diff';
import type { FlameShape, Window } from '../model/layout';
import type { Price } from '../model/money';
import type { Search } from '../model/search';
import { comparisonShapes } from '../model/shape';
import { nodeName } from '../model/tree';
import { MAX_NODES, type View } from '../model/url_state';
import { selectedNode } from '../state/frames';
import { theme } from '../state/theme';
import { movedTo, navigate } from '../state/view';
import { FlameGraph, type FlamePaint } from './flame_graph';
import { frameActions } from './frame_actions';
import { DiffFrame, HiddenFrames } from './frame_details';
import { useAtom } from './hooks';

export interface DiffGraphsProps {
  readonly shown: View;
  readonly comparison: Comparison;
  readonly measure: Measure;
  readonly scale: Scale;
  readonly price: Price | null;
  readonly found: Search | null;
  readonly focus: number;
  /** What of the difference is shown; both sides follow the frame alone. */
  readonly part: Window | null;
  readonly onFocus: (node: number) => void;
}

export function DiffGraphs(props: DiffGraphsProps) {
  const { shown, comparison, scale } = props;
  const [baseline, other, diff] = useMemo(() => comparisonShapes(comparison, scale), [comparison, scale]);
  const diffPaint = useDiffPaint(props, diff);
  const paints = useSidePaints(props);
  return (
    <div class="graphs">
      <section class="graph-diff">
        <h2>
          Difference <DiffLegend shown={shown} />
        </h2>
        <Graph {...props} id="diff" label="Difference of both sides" shape={diff} paint={diffPaint} onPart={movedTo} />
      </section>
      <section>
        <h2>
          <span class="tag baseline">Baseline</span> {formatRate(props.measure, props.scale.wholes[0])}
        </h2>
        <Graph
          {...props}
          id="baseline"
          part={null}
          label="Flame graph of the baseline"
          shape={baseline}
          paint={paints[0]}
        />
      </section>
      <section>
        <h2>
          <span class="tag comparison">Comparison</span> {formatRate(props.measure, props.scale.wholes[1])}
          <span class="hint">drawn to the same scale</span>
        </h2>
        <Graph
          {...props}
          id="comparison"
          part={null}
          label="Flame graph of the comparison"
          shape={other}
          paint={paints[1]}
        />
      </section>
    </div>
  );
}

function Graph(
  props: DiffGraphsProps & {
    readonly id: string;
    readonly label: string;
    readonly shape: FlameShape;
    readonly paint: FlamePaint;
    readonly onPart?: typeof movedTo;
  },
) {
  const { comparison, measure, scale, price, shape, shown } = props;
  return (
    <FlameGraph
      id={props.id}
      label={props.label}
      shape={shape}
      functions={comparison.functions}
      paint={props.paint}
      focus={props.focus}
      onFocus={props.onFocus}
      part={props.part}
      {...(props.onPart === undefined ? {} : { onPart: props.onPart })}
      found={props.found}
      selection={selectedNode}
      orientation={shown.orientation}
      describe={(node) => (
        <DiffFrame comparison={comparison} measure={measure} scale={scale} price={price} node={node} />
      )}
      describeHidden={(node) => (
        <HiddenFrames
          count={comparison.tree.hiddenCount[node] ?? 0}
          value={formatRate(measure, shape.hidden[node] ?? 0)}
        />
      )}
      actions={(node) => frameActions({ ...comparison, shown, node, onFocus: props.onFocus })}
      onOpenHidden={() => navigate({ nodes: Math.min(MAX_NODES, shown.nodes * 8) })}
      say={(node) => sentenceOf(props, node)}
    />
  );
}

function useDiffPaint(props: DiffGraphsProps, diff: FlameShape): FlamePaint {
  const { comparison, measure, scale, shown } = props;
  const mode = useAtom(theme);
  return useMemo(() => {
    const shades = diffShades(comparison, scale, shown.colorBy);
    const palette = diffPalette(mode);
    const paint = (node: number) => palette[shades[node] ?? 0];
    return {
      fill: (node) => paint(node)?.fill ?? '',
      ink: (node) => paint(node)?.ink ?? '',
      note: (node) => {
        const change = changeAt(comparison, scale, node);
        if (shown.colorBy === 'share') return sharesOf(change, scale);
        return change.unchanged
          ? 'unchanged'
          : `${formatChange(measure, change.difference)} (${formatRelative(change)})`;
      },
    };
  }, [diff, scale, measure, mode, shown.colorBy]);
}

function useSidePaints(props: DiffGraphsProps): readonly [FlamePaint, FlamePaint] {
  const { comparison, measure, scale } = props;
  const mode = useAtom(theme);
  return useMemo(() => {
    const fills = functionFills(comparison.functions, mode);
    const side = (i: 0 | 1): FlamePaint => ({
      fill: (node) => fills(comparison.tree.function[node] ?? -1) ?? rootFill(mode),
      ink: () => '#000000',
      note: (node) => {
        const value = ratio(comparison.values[i].total.near[node] ?? 0, scale.divisors[i]);
        return `${formatAmount(measure, value)} (${formatShare(ratio(value, scale.wholes[i]))})`;
      },
    });
    return [side(0), side(1)];
  }, [comparison, scale, measure, mode]);
}

function changeAt(comparison: Comparison, scale: Scale, node: number): Change {
  const [before, after] = comparison.values;
  return changeOfPair(scale, before.total.near[node] ?? 0, after.total.near[node] ?? 0);
}

function sharesOf(change: Change, scale: Scale): string {
  const [before, after] = [
    ratio(change.baseline, scale.wholes[0]),
    ratio(change.comparison, scale.wholes[1]),
  ];
  return `${formatShare(before)} → ${formatShare(after)}`;
}

function sentenceOf(props: DiffGraphsProps, node: number): string {
  const { comparison, measure, scale } = props;
  const change = changeAt(comparison, scale, node);
  const rates = `from ${formatRate(measure, change.baseline)} to ${formatRate(measure, change.comparison)}`;
  return `${nodeName(comparison.tree, comparison.functions, node)}: ${rates}, ${formatRelative(change)}`;
}

/** What the colours mean, and by what they are chosen. */
function DiffLegend(props: { readonly shown: View }) {
  const palette = diffPalette(useAtom(theme));
  const { colorBy } = props.shown;
  return (
    <span class="diff-legend">
      <span>less</span>
      <span class="swatches" aria-hidden="true">
        {palette
          .filter((_, i) => i % 4 === 0)
          .map((paint) => (
            <i key={paint.fill} style={{ background: paint.fill }} />
          ))}
      </span>
      <span>more</span>
      <select
        aria-label="Colour by the change in"
        data-testid="color-by"
        value={colorBy}
        onChange={(event) => navigate({ colorBy: event.currentTarget.value === 'share' ? 'share' : 'cores' })}
      >
        <option value="cores">in cores</option>
        <option value="share">in share</option>
      </select>
    </span>
  );
}
