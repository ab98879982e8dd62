/** Compare: two selections, what changed between them in cores, and what that is worth. */
import { useMemo } from 'preact/hooks';
import type { Comparison } from '../model/answers';
import { formatRate, measureOf, PER_REQUEST, type Measure } from '../model/cores';
import { changeOf, changeOfPair, formatRelative, scaleOf, type Requests, type Scale } from '../model/diff';
import { formatMoney, moneyOf, spanOf, type Price } from '../model/money';
import { findNode, nodeKey } from '../model/path_hash';
import { matchedTotal, search, type Search } from '../model/search';
import { rangeProblem } from '../model/time_range';
import type { View } from '../model/url_state';
import { now } from '../state/clock';
import { goToZoomed, selectedFunction } from '../state/frames';
import { comparison as comparisonQuery } from '../state/queries';
import { navigate } from '../state/view';
import { Breadcrumbs } from './breadcrumbs';
import { CompareBar } from './compare_bar';
import { DiffGraphs } from './diff_graphs';
import { DiffTable } from './diff_table';
import { GraphTools } from './graph_tools';
import { useAtom } from './hooks';
import { Failure, NoProfiles, Waiting } from './messages';
import { OperatorChips } from './operator_chips';
import { SearchBox } from './search_box';

export function Compare(props: { readonly shown: View; readonly price: Price | null }) {
  const { shown } = props;
  const loaded = useAtom(comparisonQuery.state);
  const requests = measureOf(shown.type).unit === 'cores' ? shown.requests : null;
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
  const empty = value?.sides.findIndex((side) => side.profiles === 0) ?? -1;
  return (
    <main class="compare" aria-busy={loaded.loading}>
      <CompareBar shown={shown} price={price} wholeCores={scale?.wholes[0] ?? 0} />
      {failure !== null && <Failure message={failure} />}
      {failure === null && value === null && <Waiting />}
      {empty >= 0 && (
        <NoProfiles>
          <p>The {empty === 0 ? 'baseline' : 'comparison'} has no profiles in its range.</p>
        </NoProfiles>
      )}
      {value !== null && scale !== null && empty < 0 && (
        <Changes
          shown={shown}
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

interface ChangesProps {
  readonly shown: View;
  /** Requests a second of both sides, where amounts are shown a request. */
  readonly requests: Requests | null;
  readonly comparison: Comparison;
  readonly measure: Measure;
  readonly scale: Scale;
  readonly price: Price | null;
}

function Changes(props: ChangesProps) {
  const { shown, comparison, measure, scale, price } = props;
  const { tree, functions } = comparison;
  const found = useMemo(() => search(shown.search, functions, tree), [comparison, shown.search]);
  const focus = useMemo(() => findNode(tree, functions, shown.zoom), [comparison, shown.zoom]);
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
        <Breadcrumbs tree={tree} functions={functions} focus={focus} onFocus={zoom} />
        <OperatorChips shown={shown} />
        <GraphTools shown={shown} panes={false} />
      </div>
      <DiffGraphs {...props} found={found} focus={focus} onFocus={zoom} />
      <DiffTable
        comparison={comparison}
        measure={measure}
        scale={scale}
        price={price}
        found={found}
        sort={shown.sort}
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
  const count = `${found.functionCount.toLocaleString('en-US')} ${found.functionCount === 1 ? 'function' : 'functions'}`;
  const rates = `${formatRate(measure, change.baseline)} → ${formatRate(measure, change.comparison)}`;
  return `${count}, ${rates}, ${formatRelative(change)}`;
}
