import { useMemo } from 'preact/hooks';
import type { Profile } from '../model/answers';
import type { WholeColumn } from '../model/columns';
import { divisorOf, formatAmount, formatShare, ratio, type Measure } from '../model/cores';
import { formatMoney, moneyOf, spanOf, type Price } from '../model/money';
import type { Search } from '../model/search';
import { parseSort, PROFILE_COLUMNS, profileRows, type ProfileColumn } from '../model/table';
import { placeOf } from '../model/tree';
import { DataTable, type Column } from './data_table';
import { FunctionCell } from './function_cell';

export interface TopTableProps {
  readonly profile: Profile;
  readonly measure: Measure;
  readonly price: Price | null;
  readonly found: Search | null;
  readonly sort: string;
  readonly onSelect: (at: number) => void;
}

/** Functions by self and total: the same facts as the flame graph, for reading and for screen readers. */
export function TopTable(props: TopTableProps) {
  const { profile, measure, price, found } = props;
  const order = parseSort(props.sort, PROFILE_COLUMNS, { column: 'total', descending: true });
  const rows = useMemo(
    () => profileRows(profile, found, order),
    [profile, found, order.column, order.descending],
  );
  const columns = useMemo(
    () => columnsOf(profile, measure, price, props.onSelect),
    [profile, measure, price],
  );
  return (
    <DataTable
      id="top"
      caption="Functions with their self and total values"
      columns={columns}
      rows={rows}
      functionOf={(row) => profile.table.function[row] ?? -1}
      order={order}
      onSelect={props.onSelect}
      leftOut={profile.table.leftOut}
      empty={found === null ? 'No functions in this selection.' : 'No function matches the search.'}
    />
  );
}

function columnsOf(
  profile: Profile,
  measure: Measure,
  price: Price | null,
  onSelect: (at: number) => void,
): readonly Column<ProfileColumn>[] {
  const { table, functions } = profile;
  const divisor = divisorOf(measure, profile.side);
  const whole = profile.values.total.near[0] ?? 0;
  const value = (column: WholeColumn) => (row: number) => (
    <Value
      amount={formatAmount(measure, ratio(column.near[row] ?? 0, divisor))}
      share={ratio(column.near[row] ?? 0, whole)}
    />
  );
  const at = (row: number): number => table.function[row] ?? -1;
  return [
    {
      name: 'function',
      title: 'Function',
      numeric: false,
      cell: (row) => <FunctionCell functions={functions} at={at(row)} onSelect={onSelect} />,
    },
    {
      name: 'place',
      title: 'File',
      numeric: false,
      cell: (row) => <Place text={placeOf(functions, at(row))} />,
    },
    { name: 'self', title: `Self, ${measure.unit}`, numeric: true, cell: value(table.self) },
    { name: 'total', title: `Total, ${measure.unit}`, numeric: true, cell: value(table.total) },
    ...(price === null ? [] : [moneyColumn(table.total, divisor, Number(profile.side.total), price)]),
  ];
}

function moneyColumn(
  total: WholeColumn,
  divisor: number,
  whole: number,
  price: Price,
): Column<ProfileColumn> {
  return {
    name: 'money',
    title: `$ a ${spanOf(price)}`,
    hint: 'What the total costs',
    numeric: true,
    cell: (row) => {
      const cores = ratio(total.near[row] ?? 0, divisor);
      return formatMoney(moneyOf(price, cores, ratio(whole, divisor)) ?? 0);
    },
  };
}

function Value(props: { readonly amount: string; readonly share: number }) {
  return (
    <span class="value">
      {props.amount} <span class="share">{formatShare(props.share)}</span>
    </span>
  );
}

/** A path's end says more than its beginning: it is cut on the left by the style sheet. */
function Place(props: { readonly text: string }) {
  return (
    <span class="place" title={props.text}>
      <bdi>{props.text}</bdi>
    </span>
  );
}
