/** What if some functions cost less? The server computes the tree; here is what that would be worth. */
import { useEffect, useState } from 'preact/hooks';
import { formatAmount, formatRate, formatShare, type Measure } from '../model/cores';
import { changeOf, formatRelative } from '../model/diff';
import { formatMoney, spanOf, type Price } from '../model/money';
import { parseFactor, parseScale, withoutOperator, type Operator } from '../model/operators';
import type { Values } from '../model/series';
import type { View } from '../model/url_state';
import {
  coreBill,
  loadOf,
  serverBill,
  serversFor,
  utilisationOf,
  type Assumptions,
  type Bill,
  type Load,
} from '../model/what_if';
import { navigate } from '../state/view';

export interface WhatIfProps {
  readonly shown: View;
  readonly measure: Measure;
  readonly price: Price | null;
  /** Cores of the same tree without and with the changed costs. */
  readonly before: number;
  readonly after: number;
  /** The same over time; null while they are on their way. */
  readonly over: { readonly before: Values; readonly after: Values } | null;
}

export function WhatIf(props: WhatIfProps) {
  const { shown, measure, before, after } = props;
  const { operators } = shown;
  return (
    <section class="what-if" aria-label="What if" data-testid="what-if">
      <p class="what-if-result" data-testid="what-if-result">
        <b>What if:</b> {formatRate(measure, before)} → <b>{formatRate(measure, after)}</b>,{' '}
        {formatRelative(changeOf(before, after))}
      </p>
      <div class="chips">
        {operators.map((operator, at) =>
          operator.name === 'scale' ? (
            <ScaleChip key={at} operators={operators} at={at} argument={operator.argument} />
          ) : null,
        )}
      </div>
      <Worth {...props} />
    </section>
  );
}

/** One function with its factor, which can be typed as people say it. */
function ScaleChip(props: {
  readonly operators: readonly Operator[];
  readonly at: number;
  readonly argument: string;
}) {
  const { operators, at } = props;
  const scale = parseScale(props.argument);
  const shown = scale?.factor ?? '';
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const factor = parseFactor(text);
  const frames = scale?.frames ?? props.argument;
  const commit = (): void => {
    if (factor === null || factor === shown) return;
    const next = operators.map((entry, i) =>
      i === at ? { name: entry.name, argument: `${factor}*${frames}` } : entry,
    );
    navigate({ operators: next });
  };
  return (
    <span class="chip" data-testid="scale">
      <span class="chip-text">{frames}</span>×
      <input
        aria-label={`Factor of ${frames}`}
        aria-invalid={factor === null}
        title="0.25, 25 %, 4× faster, 75000 → 8000, removed"
        data-testid="factor"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      <button
        type="button"
        aria-label={`Remove ${frames}`}
        onClick={() => navigate({ operators: withoutOperator(operators, at) })}
      >
        ×
      </button>
    </span>
  );
}

function Worth(props: WhatIfProps) {
  const { shown, measure, price, over } = props;
  const loads = [loadOf(over?.before ?? []), loadOf(over?.after ?? [])] as const;
  const assumptions = shown.assumptions;
  const servers = [
    serversFor(loads[0]?.peak ?? props.before, assumptions),
    serversFor(loads[1]?.peak ?? props.after, assumptions),
  ] as const;
  const row = (name: string, values: readonly (number | undefined)[]) => (
    <div>
      <dt>{name}</dt>
      <dd>{values.map((value) => (value === undefined ? '…' : formatAmount(measure, value))).join(' → ')}</dd>
    </div>
  );
  return (
    <>
      <dl data-testid="what-if-load">
        {row('Mean', [loads[0]?.mean, loads[1]?.mean])}
        {row('p99', [loads[0]?.p99, loads[1]?.p99])}
        {row('Peak', [loads[0]?.peak, loads[1]?.peak])}
        <div>
          <dt>Servers</dt>
          <dd data-testid="what-if-servers">
            {servers[0]} → {servers[1]}
          </dd>
        </div>
        <Busy {...props} loads={loads} servers={servers} />
        {price !== null && (
          <>
            <Money title="By cores" bill={coreBill(price, props.before, props.after)} price={price} />
            <Money title="By servers" bill={serverBill(price, servers, assumptions)} price={price} />
          </>
        )}
      </dl>
      <AssumptionFields assumptions={assumptions} />
    </>
  );
}

/** What part of the servers' cores is used: on the mean, and at the peak that they are counted for. */
function Busy(
  props: WhatIfProps & { readonly loads: readonly (Load | null)[]; readonly servers: readonly [number, number] },
) {
  const { shown, loads, servers } = props;
  const busy = (load: keyof Load): string =>
    loads
      .map((entry, i) => entry && formatShare(utilisationOf(entry[load], servers[i] ?? 0, shown.assumptions)))
      .map((share) => share ?? '…')
      .join(' → ');
  return (
    <div title="What part of the servers’ cores is used">
      <dt>Utilisation</dt>
      <dd data-testid="what-if-utilisation">
        {busy('mean')}, at the peak {busy('peak')}
      </dd>
    </div>
  );
}

function Money(props: { readonly title: string; readonly bill: Bill | null; readonly price: Price }) {
  const { title, bill, price } = props;
  if (bill === null) return null;
  return (
    <div>
      <dt>{title}</dt>
      <dd data-testid={`what-if-${title === 'By cores' ? 'cores' : 'servers'}-bill`}>
        {formatMoney(bill.before)} → <b>{formatMoney(bill.after)}</b> a {spanOf(price)}
      </dd>
    </div>
  );
}

const FIELDS: readonly (readonly [keyof Assumptions, string, string])[] = [
  ['coresPerServer', 'Servers of', 'cores'],
  ['utilisation', 'at most', '% busy at the peak'],
  ['headroom', 'with', '% of room above it'],
  ['leastServers', 'and at least', 'servers'],
];

/** What the number of servers rests on. */
function AssumptionFields(props: { readonly assumptions: Assumptions }) {
  const { assumptions } = props;
  return (
    <p class="assumptions">
      {FIELDS.map(([name, before, after]) => (
        <label key={name}>
          {before}{' '}
          <input
            type="number"
            min={name === 'coresPerServer' || name === 'utilisation' ? 1 : 0}
            max={name === 'utilisation' ? 100 : 100000}
            data-testid={`assume-${name}`}
            value={assumptions[name]}
            onChange={(event) => {
              if (event.currentTarget.validity.valid && event.currentTarget.value !== '')
                navigate({ assumptions: { ...assumptions, [name]: Number(event.currentTarget.value) } });
            }}
          />{' '}
          {after}
        </label>
      ))}
    </p>
  );
}
