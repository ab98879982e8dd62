/** What is known of one frame, for the tooltip: of a profile, and of both sides of a comparison. */
import type { ComponentChildren } from 'preact';
import type { Comparison, Profile } from '../model/answers';
import { divisorOf, formatAmount, formatChange, formatNanoseconds, formatRate, formatShare, formatWhole, ratio, type Measure } from '../model/cores';
import { changeOfPair, formatRelative, type Scale } from '../model/diff';
import { formatMoney, formatMoneyChange, moneyOf, spanOf, type Price } from '../model/money';
import { nodeName, placeOf, type Functions, type TreeLinks } from '../model/tree';
import { inFile } from '../state/kept';

export function ProfileFrame(props: {
  readonly profile: Pick<Profile, 'tree' | 'values' | 'functions' | 'side'>;
  readonly measure: Measure;
  readonly price: Price | null;
  readonly node: number;
  readonly focus: number;
  /** isInverted: then there is no self value to show. */
  readonly inverted: boolean;
}) {
  const { profile, measure, price, node, focus } = props;
  const { self, total } = profile.values;
  const divisor = divisorOf(measure, profile.side);
  const value = total.near[node] ?? 0;
  const whole = total.near[0] ?? 0;
  const money = moneyOf(price, ratio(value, divisor), ratio(Number(profile.side.total), divisor));
  return (
    <FrameHead tree={profile.tree} functions={profile.functions} node={node}>
      <dl>
        <Fact name="Total" value={formatRate(measure, ratio(value, divisor))} />
        {!props.inverted && <Fact name="Self" value={formatRate(measure, ratio(self.near[node] ?? 0, divisor))} />}
        <Fact name="Share of all" value={formatShare(ratio(value, whole))} />
        {focus !== 0 && (
          <Fact name="Share of zoomed frame" value={formatShare(ratio(value, total.near[focus] ?? 0))} />
        )}
        {money !== null && price !== null && (
          <Fact name="Costs" value={`${formatMoney(money)} a ${spanOf(price)}`} />
        )}
        {measure.kind === 'cores' && <Fact name="CPU time" value={formatNanoseconds(total.exact(node))} />}
      </dl>
    </FrameHead>
  );
}

export function DiffFrame(props: {
  readonly comparison: Comparison;
  readonly measure: Measure;
  readonly scale: Scale;
  readonly price: Price | null;
  readonly node: number;
}) {
  const { comparison, measure, scale, price, node } = props;
  const [before, after] = comparison.values;
  const change = changeOfPair(scale, before.total.near[node] ?? 0, after.total.near[node] ?? 0);
  const self = changeOfPair(scale, before.self.near[node] ?? 0, after.self.near[node] ?? 0);
  const shares = [
    ratio(change.baseline, scale.wholes[0]),
    ratio(change.comparison, scale.wholes[1]),
  ] as const;
  const money = moneyOf(price, change.difference, scale.wholes[0]);
  return (
    <FrameHead tree={comparison.tree} functions={comparison.functions} node={node}>
      <dl>
        <Fact
          name="Baseline"
          value={`${formatRate(measure, change.baseline)}, ${formatShare(shares[0])} of it`}
        />
        <Fact
          name="Comparison"
          value={`${formatRate(measure, change.comparison)}, ${formatShare(shares[1])} of it`}
        />
        <Fact
          name="Change"
          value={`${formatChange(measure, change.difference)}, ${formatRelative(change)}`}
        />
        <Fact
          name="Self"
          value={`${formatAmount(measure, self.baseline)} → ${formatAmount(measure, self.comparison)}`}
        />
        {money !== null && price !== null && (
          <Fact name="Money" value={`${formatMoneyChange(money)} a ${spanOf(price)}`} />
        )}
      </dl>
    </FrameHead>
  );
}

/** The frames that the server left out below a node. */
export function HiddenFrames(props: { readonly count: number; readonly value: string }) {
  return (
    <div>
      <p class="tooltip-name">
        {formatWhole(props.count)} smaller {props.count === 1 ? 'frame' : 'frames'}, {props.value}
      </p>
      <p>{inFile() ? 'They are not in this file.' : 'Click to load more frames.'}</p>
    </div>
  );
}

function FrameHead(props: {
  readonly tree: TreeLinks;
  readonly functions: Functions;
  readonly node: number;
  readonly children: ComponentChildren;
}) {
  const at = props.tree.function[props.node] ?? -1;
  const place = placeOf(props.functions, at);
  const module = props.functions.module[at] ?? '';
  const kind = props.functions.kind[at] ?? '';
  return (
    <div>
      <p class="tooltip-name">{nodeName(props.tree, props.functions, props.node)}</p>
      {place !== '' && <p class="place">{place}</p>}
      {at >= 0 && <p>{[module, kind].filter((part) => part !== '').join(' · ')}</p>}
      {props.children}
    </div>
  );
}

function Fact(props: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}
