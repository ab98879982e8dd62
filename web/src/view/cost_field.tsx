import { useEffect, useState } from 'preact/hooks';
import { parseAmount, type Per } from '../model/money';
import { navigate } from '../state/view';

/** What the servers shown cost; every amount of money on the page follows from it. */
export function CostField(props: { readonly cost: number | null; readonly per: Per }) {
  const shown = props.cost === null ? '' : props.cost.toLocaleString('en-US');
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const amount = parseAmount(text);
  const wrong = text.trim() !== '' && amount === null;
  const commit = (): void => {
    if (!wrong) navigate({ cost: amount });
  };
  return (
    <label class="cost">
      <span class="cost-label">These servers cost</span> $
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
      <select
        aria-label="Per"
        data-testid="cost-per"
        value={props.per}
        onChange={(event) => navigate({ per: event.currentTarget.value === 'month' ? 'month' : 'year' })}
      >
        <option value="year">a year</option>
        <option value="month">a month</option>
      </select>
    </label>
  );
}
