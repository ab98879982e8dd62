import { divisorOf, formatAmount, formatShare, measureOf, ratio, type Measure } from '../model/cores';
import { formatMoney, moneyOf, type Price } from '../model/money';
import { formatSelector, parseSelector, SERVICE, serviceOf, withLabel } from '../model/selector';
import { services } from '../state/queries';
import { useAtom } from './hooks';
import { Menu } from './menu';
import { Meter } from './meter';

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
  const loaded = useAtom(services.state);
  const list = loaded.value ?? [];
  const measure = measureOf(props.type);
  const rates = list.map((service) => ratio(Number(service.total), divisorOf(measure, service)));
  const whole = rates.reduce((sum, rate) => sum + rate, 0);
  return (
    <table class="services" data-testid="services">
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col" class="number">
            {measure.unit}
          </th>
          <th scope="col" class="number">
            Share
          </th>
          {props.price !== null && (
            <th scope="col" class="number">
              $ a {props.price.per}
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        <ServiceRow title="All services" name="" {...props} rate={whole} whole={whole} measure={measure} />
        {list.map((service, i) => (
          <ServiceRow
            key={service.name}
            title={service.name}
            name={service.name}
            {...props}
            rate={rates[i] ?? 0}
            whole={whole}
            measure={measure}
          />
        ))}
      </tbody>
    </table>
  );
}

function ServiceRow(
  props: ServiceListProps & {
    readonly title: string;
    readonly name: string;
    readonly rate: number;
    readonly whole: number;
    readonly measure: Measure;
  },
) {
  const { name, rate, measure } = props;
  const share = ratio(rate, props.whole);
  const money = moneyOf(props.price, rate, props.wholeCores);
  return (
    <tr class={name === props.current ? 'selected' : ''}>
      <td>
        <button type="button" class="link" data-testid="service" onClick={() => props.onChoose(name)}>
          {props.title}
        </button>
      </td>
      <td class="number">{formatAmount(measure, rate)}</td>
      <td class="number">
        <Meter share={share} /> {formatShare(share)}
      </td>
      {props.price !== null && <td class="number">{money === null ? '' : formatMoney(money)}</td>}
    </tr>
  );
}
