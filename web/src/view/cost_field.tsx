import { useEffect, useState } from 'preact/hooks';
import type { KeptPrice } from '../model/documents';
import { parseAmount, PERS, type Per } from '../model/money';
import { formatSelector, parseSelector, SERVICE, serviceOf, withLabel } from '../model/selector';
import { keep, remove } from '../state/documents';
import { navigate } from '../state/view';

const TITLES: { readonly [per in Per]: string } = {
  year: 'a year',
  month: 'a month',
  'core-hour': 'a core-hour',
};

export interface CostFieldProps {
  /** As the address says; null: what is kept counts. */
  readonly cost: number | null;
  readonly per: Per;
  readonly kept: KeptPrice | null;
  /** The selection that costs it. */
  readonly query: string;
}

/** What the servers shown cost; every amount of money on the page follows from it. */
export function CostField(props: CostFieldProps) {
  const { kept } = props;
  const cost = props.cost ?? kept?.amount ?? null;
  const per = props.cost === null && kept !== null ? kept.per : props.per;
  const shown = cost === null ? '' : cost.toLocaleString('en-US', { maximumFractionDigits: 6 });
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const amount = parseAmount(text);
  const wrong = text.trim() !== '' && amount === null;
  const commit = (): void => {
    if (!wrong && text !== shown) navigate({ cost: amount, per });
  };
  const choose = (next: string): void =>
    navigate({ cost, per: PERS.find((name) => name === next) ?? 'year' });
  return (
    <span class="cost">
      <label>
        <span class="cost-label">{per === 'core-hour' ? 'Servers cost' : 'These servers cost'}</span> ${' '}
        <input
          inputMode="decimal"
          placeholder="100,000"
          size={9}
          aria-label="What these servers cost, in dollars"
          aria-invalid={wrong}
          data-testid="cost"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === 'Enter') commit();
          }}
        />
      </label>
      <select
        aria-label="Per"
        data-testid="cost-per"
        value={per}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {PERS.map((name) => (
          <option key={name} value={name}>
            {TITLES[name]}
          </option>
        ))}
      </select>
      {cost !== null && <Keep amount={cost} per={per} kept={kept} query={props.query} />}
    </span>
  );
}

/** Keeps the price on the server for the service shown, so that it need not be typed again; or forgets it. */
function Keep(props: {
  readonly amount: number;
  readonly per: Per;
  readonly kept: KeptPrice | null;
  readonly query: string;
}) {
  const { amount, per, kept } = props;
  const [problem, setProblem] = useState<string | null>(null);
  const service = serviceOf(parseSelector(props.query) ?? []);
  const selector = formatSelector(withLabel([], SERVICE, service));
  const isKept = kept !== null && kept.amount === amount && kept.per === per;
  const press = async (): Promise<void> => {
    const refused = isKept
      ? await remove('prices', 'selector', kept.selector)
      : await keep('prices', { selector, amount, per });
    setProblem(refused);
    // From now on what is kept counts, also when somebody else changes it.
    if (refused === null) navigate({ cost: isKept ? amount : null, per }, 'replace');
  };
  const whose = service === '' ? 'all services' : service;
  return (
    <button
      type="button"
      aria-pressed={isKept}
      title={
        problem ?? (isKept ? `Kept on the server. Press to forget it.` : `Keep it on the server for ${whose}`)
      }
      data-testid="cost-keep"
      onClick={() => void press()}
    >
      {problem === null ? (isKept ? 'Kept' : 'Keep') : 'Not kept'}
    </button>
  );
}
