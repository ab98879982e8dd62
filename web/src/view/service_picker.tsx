import { useMemo, useState } from 'preact/hooks';
import { parseServices, parseTimeline } from '../model/answers';
import { formatAmount, formatShare, measureOf, type Measure } from '../model/cores';
import { formatRelative } from '../model/diff';
import { formatMoney, spanOf, type Price } from '../model/money';
import { formatSelector, parseSelector, SERVICE, serviceOf, withLabel } from '../model/selector';
import {
  serviceRows,
  sortedRows,
  sparkPath,
  type ServiceColumn,
  type ServiceRow,
} from '../model/service_rows';
import type { SortOrder } from '../model/table';
import { prices } from '../state/documents';
import { services, trendRequest, yesterdayRequest } from '../state/queries';
import { useAnswer, useAtom } from './hooks';
import { Menu } from './menu';
import { Meter } from './meter';

const SPARK = { width: 80, height: 18 } as const;

export interface ServicePickerProps {
  readonly query: string;
  readonly type: string;
  readonly price: Price | null;
  /** What the whole price is for, in cores; 0 while it is not known. */
  readonly wholeCores: number;
  readonly onQuery: (query: string) => void;
}

/** The service as a button; behind it all services with what each of them uses. */
export function ServicePicker(props: ServicePickerProps) {
  const matchers = parseSelector(props.query) ?? [];
  const current = serviceOf(matchers);
  const title = current === '' ? 'All services' : current;
  const choose = (name: string): void => props.onQuery(formatSelector(withLabel(matchers, SERVICE, name)));
  return (
    <Menu title={title} label={`Service: ${title}`} testid="service-picker">
      {(close) => (
        <ServiceList
          {...props}
          current={current}
          onChoose={(name) => {
            choose(name);
            close();
          }}
        />
      )}
    </Menu>
  );
}

type ServiceListProps = Omit<ServicePickerProps, 'onQuery'> & {
  readonly current: string;
  readonly onChoose: (name: string) => void;
};

function ServiceList(props: ServiceListProps) {
  const { type, price, wholeCores } = props;
  const [order, setOrder] = useState<SortOrder<ServiceColumn>>({ column: 'rate', descending: true });
  const today = useAtom(services.state).value ?? [];
  const yesterday = useAnswer(parseServices, yesterdayRequest(type)).value ?? [];
  const trend = useAnswer(parseTimeline, trendRequest(type)).value;
  const kept = useAtom(prices.state).value ?? [];
  const measure = measureOf(type);
  const rows = useMemo(
    () => serviceRows({ today, yesterday, trend, price, wholeCores, kept }, measure),
    [today, yesterday, trend, price, wholeCores, kept],
  );
  const head = { order, onOrder: setOrder };
  return (
    <table class={price === null ? 'services' : 'services priced'} data-testid="services">
      <thead>
        <tr>
          <Head {...head} column="service" title="Service" />
          <Head {...head} column="rate" title={titled(measure.unit)} />
          <th scope="col">Trend</th>
          <Head {...head} column="change" title="Since yesterday" />
          <Head {...head} column="share" title="Share" />
          {price !== null && <Head {...head} column="money" title={`$ a ${spanOf(price)}`} />}
        </tr>
      </thead>
      <tbody>
        {sortedRows(rows, order).map((row) => (
          <Row key={row.name} {...props} row={row} measure={measure} />
        ))}
        <tr class={props.current === '' ? 'selected' : ''}>
          <td>
            <button type="button" class="link" data-testid="service-all" onClick={() => props.onChoose('')}>
              All services
            </button>
          </td>
          <td class="number">
            {formatAmount(
              measure,
              rows.reduce((sum, row) => sum + row.rate, 0),
            )}
          </td>
          <td colSpan={price === null ? 3 : 4} />
        </tr>
      </tbody>
    </table>
  );
}

/** "cores" -> "Cores", as the other heads are written. */
function titled(unit: string): string {
  return unit.charAt(0).toUpperCase() + unit.slice(1);
}

function Head(props: {
  readonly column: ServiceColumn;
  readonly title: string;
  readonly order: SortOrder<ServiceColumn>;
  readonly onOrder: (order: SortOrder<ServiceColumn>) => void;
}) {
  const { column, order } = props;
  const sorted = order.column === column;
  const words = column === 'service';
  return (
    <th
      scope="col"
      class={words ? '' : 'number'}
      data-column={column}
      aria-sort={sorted ? (order.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        class="plain"
        data-testid={`services-${column}`}
        onClick={() => props.onOrder({ column, descending: sorted ? !order.descending : !words })}
      >
        {props.title}
        <span aria-hidden="true">{sorted ? (order.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row(props: ServiceListProps & { readonly row: ServiceRow; readonly measure: Measure }) {
  const { row, measure, price } = props;
  return (
    <tr class={row.name === props.current ? 'selected' : ''} data-testid="service-row">
      <td>
        <button type="button" class="link" data-testid="service" onClick={() => props.onChoose(row.name)}>
          {row.name}
        </button>
      </td>
      <td class="number">{formatAmount(measure, row.rate)}</td>
      <td>
        <svg
          width={SPARK.width}
          height={SPARK.height}
          viewBox={`0 0 ${SPARK.width} ${SPARK.height}`}
          preserveAspectRatio="none"
          aria-hidden="true"
          data-testid="spark"
        >
          <path d={sparkPath(row.trend, SPARK.width, SPARK.height)} />
        </svg>
      </td>
      <td class="number">
        <Since row={row} />
      </td>
      <td class="number" data-column="share">
        <Meter share={row.share} /> <span class="part">{formatShare(row.share)}</span>
      </td>
      {price !== null && <td class="number">{row.money === null ? '' : formatMoney(row.money)}</td>}
    </tr>
  );
}

function Since(props: { readonly row: ServiceRow }) {
  const { change } = props.row;
  if (change === null) return <span class="same">new</span>;
  const kind = change.unchanged ? 'same' : change.difference < 0 ? 'less' : 'more';
  return <span class={kind}>{formatRelative(change)}</span>;
}
