/** What changed between two sides: a sentence, the flame graphs, the table. */
import { useMemo } from 'preact/hooks';
import type { Comparison } from '../model/answers';
import { formatRate, formatWhole, PER_REQUEST, type Measure } from '../model/cores';
import { changeOf, changeOfPair, formatRelative, type Requests, type Scale } from '../model/diff';
import { formatMoney, moneyOf, spanOf, type Price } from '../model/money';
import { diffCsv } from '../model/export';
import { matchedTotal, type Search } from '../model/search';
import type { View } from '../model/url_state';
import { DiffGraphs } from './diff_graphs';
import { DiffTable } from './diff_table';
import { FramesBar, useFrames } from './frames_bar';
import { usePictured } from './hooks';

export interface ChangesProps {
  readonly shown: View;
  /** Requests a second of both sides, where amounts are shown a request. */
  readonly requests: Requests | null;
  readonly comparison: Comparison;
  readonly measure: Measure;
  readonly scale: Scale;
  readonly price: Price | null;
}

export function Changes(props: ChangesProps) {
  const { shown, comparison, measure, scale, price } = props;
  const frames = useFrames(shown, comparison);
  const { found } = frames;
  const pictured = usePictured();
  const result = useMemo(() => resultOf(found, comparison, measure, scale), [found, scale]);
  return (
    <>
      <Headline requests={props.requests} comparison={comparison} scale={scale} price={price} />
      <FramesBar
        shown={shown}
        answer={comparison}
        frames={frames}
        result={result}
        price={price}
        graph="diff"
        csv={() => diffCsv(comparison)}
      />
      <DiffGraphs {...props} {...frames} />
      {pictured && (
        <DiffTable
          shown={shown}
          comparison={comparison}
          measure={measure}
          scale={scale}
          price={price}
          found={found}
          onSelect={frames.onSelect}
        />
      )}
    </>
  );
}

/** The server's sentence, and the same in money. */
function Headline(props: {
  readonly requests: Requests | null;
  readonly comparison: Comparison;
  readonly scale: Scale;
  readonly price: Price | null;
}) {
  const { comparison, scale, price } = props;
  const before = moneyOf(price, scale.wholes[0], scale.wholes[0]);
  const after = moneyOf(price, scale.wholes[1], scale.wholes[0]);
  return (
    <section class="headline">
      <p class="headline-sentence" data-testid="headline">
        {comparison.headline.sentence}
      </p>
      {props.requests !== null && (
        <p class="headline-money" data-testid="per-request">
          A request: {formatRate(PER_REQUEST, scale.wholes[0])} →{' '}
          <b>{formatRate(PER_REQUEST, scale.wholes[1])}</b>,{' '}
          {formatRelative(changeOf(scale.wholes[0], scale.wholes[1]))}
        </p>
      )}
      {price !== null && before !== null && after !== null && (
        <p class="headline-money" data-testid="money">
          <span>{formatMoney(before)}</span> → <b>{formatMoney(after)}</b> a {spanOf(price)}
          {props.requests !== null && ' at the traffic of the baseline'}
        </p>
      )}
    </section>
  );
}

function resultOf(found: Search | null, comparison: Comparison, measure: Measure, scale: Scale): string {
  if (found === null) return '';
  const [before, after] = comparison.values.map((values) =>
    Number(matchedTotal(found, comparison.tree, values).total),
  );
  const change = changeOfPair(scale, before ?? 0, after ?? 0);
  const count = `${formatWhole(found.functionCount)} ${found.functionCount === 1 ? 'function' : 'functions'}`;
  const rates = `${formatRate(measure, change.baseline)} → ${formatRate(measure, change.comparison)}`;
  return `${count}, ${rates}, ${formatRelative(change)}`;
}
