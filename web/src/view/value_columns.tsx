/** Columns of what functions or frames of one profile are worth: self, total, and what the total costs. */
import type { Profile } from '../model/answers';
import type { WholeColumn } from '../model/columns';
import { divisorOf, formatAmount, formatShare, ratio, type Measure } from '../model/cores';
import { formatMoney, moneyOf, spanOf, type Price } from '../model/money';
import type { ProfileColumn } from '../model/table';
import type { Column } from './data_table';

/** Rows are indices into `values`. */
export function valueColumns(
  profile: Profile,
  values: { readonly self: WholeColumn; readonly total: WholeColumn },
  measure: Measure,
  price: Price | null,
  /** isInverted: then there is no self value to show. */
  inverted: boolean,
): readonly Column<ProfileColumn>[] {
  const divisor = divisorOf(measure, profile.side);
  const whole = profile.values.total.near[0] ?? 0;
  const value = (column: WholeColumn) => (row: number) => (
    <Value
      amount={formatAmount(measure, ratio(column.near[row] ?? 0, divisor))}
      share={ratio(column.near[row] ?? 0, whole)}
    />
  );
  return [
    ...(inverted
      ? []
      : [{ name: 'self' as const, title: 'Self', unit: measure.unit, numeric: true, cell: value(values.self) }]),
    { name: 'total', title: 'Total', unit: measure.unit, numeric: true, cell: value(values.total) },
    ...(price === null ? [] : [moneyColumn(values.total, divisor, Number(profile.side.total), price)]),
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
