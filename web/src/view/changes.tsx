/** What changed between two sides: a sentence, the flame graphs, the table. */
import { useMemo } from 'preact/hooks';
import type { Comparison } from '../model/answers';
import { formatRate, formatWhole, PER_REQUEST, type Measure } from '../model/cores';
import { changeOf, changeOfPair, formatRelative, type Requests, type Scale } from '../model/diff';
import { formatMoney, moneyOf, spanOf, type Price } from '../model/money';
import { diffCsv } from '../model/export';
import { findNode, nodeKey } from '../model/path_hash';
import { matchedTotal, search, type Search } from '../model/search';
import type { View } from '../model/url_state';
import { parseZoom } from '../model/zoom';
import { goToZoomed, selectedFunction } from '../state/frames';
import { navigate } from '../state/view';
import { Breadcrumbs } from './breadcrumbs';
import { DiffGraphs } from './diff_graphs';
import { DiffTable } from './diff_table';
import { ExportMenu } from './export_menu';
import { GraphTools } from './graph_tools';
import { OperatorChips } from './operator_chips';
import { SearchBox } from './search_box';

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
  const { tree, functions } = comparison;
  const found = useMemo(() => search(shown.search, functions, tree), [comparison, shown.search]);
  const { key, part } = parseZoom(shown.zoom);
  const focus = useMemo(() => findNode(tree, functions, key), [comparison, key]);
  const result = useMemo(() => resultOf(found, comparison, measure, scale), [found, scale]);
  const zoom = (node: number): void => {
    navigate({ zoom: nodeKey(tree, functions, node) });
    goToZoomed();
  };
  const select = (at: number): void => selectedFunction.set(selectedFunction.get() === at ? -1 : at);
  return (
    <>
      <Headline requests={props.requests} comparison={comparison} scale={scale} price={price} />
      <div class="frames-bar">
        <SearchBox text={shown.search} result={result} />
        <Breadcrumbs tree={tree} functions={functions} focus={focus} part={part} onFocus={zoom} />
        <OperatorChips shown={shown} />
        <ExportMenu shown={shown} price={price} graph="diff" csv={() => diffCsv(comparison)} />
        <GraphTools shown={shown} panes={false} />
      </div>
      <DiffGraphs {...props} found={found} focus={focus} part={part} onFocus={zoom} />
      <DiffTable
        comparison={comparison}
        measure={measure}
        scale={scale}
        price={price}
        found={found}
        sort={shown.sort}
        operators={shown.operators}
        onSelect={select}
      />
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
