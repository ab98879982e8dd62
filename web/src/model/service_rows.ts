/** The services as a list: what each uses now, used a day ago, and costs. */
import type { Service, Timeline } from './answers';
import { bucketRate, divisorOf, ratio, type Measure } from './cores';
import { changeOf, type Change } from './diff';
import type { KeptPrice } from './documents';
import { keptPriceOf, moneyOf, type Price } from './money';
import { formatSelector, SERVICE, withLabel } from './selector';
import type { Values } from './series';
import type { SortOrder } from './table';

export const SERVICE_COLUMNS = ['service', 'rate', 'change', 'share', 'money'] as const;
export type ServiceColumn = (typeof SERVICE_COLUMNS)[number];

export interface ServiceRow {
  readonly name: string;
  readonly rate: number;
  readonly share: number;
  /** Against the day before; null where nothing is known of that day. */
  readonly change: Change | null;
  /** Over the range, for a line without axes. */
  readonly trend: Values;
  readonly money: number | null;
}

export interface ServiceFacts {
  readonly today: readonly Service[];
  readonly yesterday: readonly Service[];
  readonly trend: Timeline | null;
  readonly price: Price | null;
  /** What `price` is for as a whole. */
  readonly wholeCores: number;
  readonly kept: readonly KeptPrice[];
}

export function serviceRows(facts: ServiceFacts, measure: Measure): readonly ServiceRow[] {
  const before = new Map(facts.yesterday.map((service) => [service.name, service]));
  const trends = new Map(facts.trend?.series.map((series) => [series.labels.get(SERVICE) ?? '', series]));
  const rates = facts.today.map((service) => rateOf(service, measure));
  const whole = rates.reduce((sum, rate) => sum + rate, 0);
  return facts.today.map((service, i) => {
    const rate = rates[i] ?? 0;
    const earlier = before.get(service.name);
    const trend = trends.get(service.name);
    return {
      name: service.name,
      rate,
      share: ratio(rate, whole),
      change: earlier === undefined ? null : changeOf(rateOf(earlier, measure), rate),
      trend: Array.from(trend?.values.near ?? [], (value, at) =>
        bucketRate(measure, value, trend?.coveredNs.near[at] ?? 0),
      ),
      money: costOf(service.name, rate, facts),
    };
  });
}

export function sortedRows(
  rows: readonly ServiceRow[],
  order: SortOrder<ServiceColumn>,
): readonly ServiceRow[] {
  const sign = order.descending ? -1 : 1;
  const key = (row: ServiceRow): number =>
    order.column === 'change'
      ? Math.abs(row.change?.difference ?? 0)
      : order.column === 'money'
        ? (row.money ?? 0)
        : row.rate;
  return [...rows].sort((a, b) =>
    order.column === 'service' ? sign * (a.name < b.name ? -1 : 1) : sign * (key(a) - key(b)),
  );
}

/** A line through the values in a box, broken at gaps, as an SVG path. `top` is the value at the box's upper edge. */
export function sparkPath(values: Values, width: number, height: number, top?: number): string {
  const most = top ?? values.reduce<number>((highest, value) => Math.max(highest, value ?? 0), 0);
  const step = width / Math.max(1, values.length - 1);
  let isDown = false;
  return values
    .map((value, i) => {
      if (value === null) {
        isDown = false;
        return '';
      }
      const command = isDown ? 'L' : 'M';
      isDown = true;
      const y = height - 1 - ratio(value, most) * (height - 2);
      // A lonely point is a dash, since a path of one point draws nothing.
      const dash = command === 'M' && values[i + 1] == null ? 'h1' : '';
      return `${command}${(i * step).toFixed(1)} ${y.toFixed(1)}${dash}`;
    })
    .join('');
}

function rateOf(service: Service, measure: Measure): number {
  return ratio(Number(service.total), divisorOf(measure, service));
}

/** A price kept for the service itself is its own bill; any other is shared out among what it is for. */
function costOf(name: string, rate: number, facts: ServiceFacts): number | null {
  if (facts.price === null) return null;
  const selector = formatSelector(withLabel([], SERVICE, name));
  const own = keptPriceOf(facts.kept, selector);
  return own !== null && own.selector === selector
    ? moneyOf(own, rate, rate)
    : moneyOf(facts.price, rate, facts.wholeCores);
}
