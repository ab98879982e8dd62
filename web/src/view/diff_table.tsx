import { useMemo } from 'preact/hooks';
import type { Comparison } from '../model/answers';
import { formatAmount, formatChange, formatPoints, formatShare, ratio, type Measure } from '../model/cores';
import { changeOfPair, formatRelative, type Change, type Scale } from '../model/diff';
import { partnersOf } from '../model/join';
import { formatMoneyChange, moneyOf, spanOf, type Price } from '../model/money';
import type { Search } from '../model/search';
import { DIFF_COLUMNS, diffRows, matchingRows, parseSort, type DiffColumn } from '../model/table';
import type { View } from '../model/url_state';
import { DataTable, type Column } from './data_table';
import { functionActions } from './frame_actions';
import { FunctionCell } from './function_cell';
import { JoinButton, JoiningBar, useJoining, type Joining } from './joining';

export interface DiffTableProps {
  readonly shown: View;
  readonly comparison: Comparison;
  readonly measure: Measure;
  readonly scale: Scale;
  readonly price: Price | null;
  readonly found: Search | null;
  readonly onSelect: (at: number) => void;
}

/** Functions by what changed, in cores first: shares alone make what stayed look as if it grew. */
export function DiffTable(props: DiffTableProps) {
  const { comparison, scale, found } = props;
  const order = parseSort(props.shown.sort, DIFF_COLUMNS, { column: 'change', descending: true });
  const all = useMemo(
    () => diffRows(comparison, scale, order),
    [comparison, scale, order.column, order.descending],
  );
  const joining = useJoining(comparison);
  const columns = useMemo(
    () => columnsOf(props, joining),
    [comparison, scale, props.measure, props.price, joining.row, props.shown.operators],
  );
  const partners = useMemo(
    () => (joining.row < 0 ? null : partnersOf(comparison, scale, joining.row)),
    [comparison, scale, joining.row],
  );
  const rows = useMemo(
    () => matchingRows(partners ?? all, comparison.table.function, found),
    [partners, all, found],
  );
  return (
    <>
      {partners !== null && <JoiningBar comparison={comparison} joining={joining} count={partners.length} />}
      <DataTable
        id="diff"
        caption={
          partners === null
            ? 'Functions with what they used before and after'
            : 'Functions of the other side, likely ones first'
        }
        columns={columns}
        rows={rows}
        functionOf={(row) => comparison.table.function[row] ?? -1}
        order={order}
        onSelect={props.onSelect}
        leftOut={comparison.table.leftOut}
        actionsOf={(row) => {
          const at = comparison.table.function[row] ?? -1;
          const { functions } = comparison;
          return { title: functions.name[at] ?? '', actions: functionActions({ shown: props.shown, functions, at }) };
        }}
        empty={found === null ? 'No functions on either side.' : 'No function matches the search.'}
      />
    </>
  );
}

function columnsOf(props: DiffTableProps, joining: Joining): readonly Column<DiffColumn>[] {
  const { comparison, measure, scale, price } = props;
  const { function: functions, total } = comparison.table;
  const change = (row: number): Change =>
    changeOfPair(scale, total[0].near[row] ?? 0, total[1].near[row] ?? 0);
  return [
    {
      name: 'function',
      title: 'Function',
      numeric: false,
      cell: (row) => (
        <FunctionCell functions={comparison.functions} at={functions[row] ?? -1} onSelect={props.onSelect}>
          <JoinButton comparison={comparison} operators={props.shown.operators} row={row} joining={joining} />
        </FunctionCell>
      ),
    },
    number('baseline', 'Baseline', (row) => formatAmount(measure, change(row).baseline), measure.unit),
    number('comparison', 'Comparison', (row) => formatAmount(measure, change(row).comparison), measure.unit),
    number(
      'change',
      'Change',
      (row) => tinted(change(row), formatChange(measure, change(row).difference)),
      measure.unit,
    ),
    number('percent', 'Change, %', (row) => tinted(change(row), formatRelative(change(row)))),
    number('share', 'Share', (row) => <Shares change={change(row)} scale={scale} />),
    ...(price === null
      ? []
      : [number('money', `$ a ${spanOf(price)}`, (row) => moneyCell(change(row), scale, price))]),
  ];
}

function number(
  name: DiffColumn,
  title: string,
  cell: Column<DiffColumn>['cell'],
  unit?: string,
): Column<DiffColumn> {
  return { name, title, ...(unit === undefined ? {} : { unit }), numeric: true, cell };
}

function tinted(change: Change, text: string) {
  return <span class={change.unchanged ? 'same' : change.difference < 0 ? 'less' : 'more'}>{text}</span>;
}

function moneyCell(change: Change, scale: Scale, price: Price) {
  return tinted(change, formatMoneyChange(moneyOf(price, change.difference, scale.wholes[0]) ?? 0));
}

function Shares(props: { readonly change: Change; readonly scale: Scale }) {
  const { change, scale } = props;
  const before = ratio(change.baseline, scale.wholes[0]);
  const after = ratio(change.comparison, scale.wholes[1]);
  return (
    <span class="share" title="Share of each side's total, and its change in points. It moves when anything else does.">
      {formatShare(before)} → {formatShare(after)} <span class="points">{formatPoints(after - before)}</span>
    </span>
  );
}
