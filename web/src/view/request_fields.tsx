import { useEffect, useState } from 'preact/hooks';
import type { View } from '../model/url_state';
import { navigate } from '../state/view';

/** How many requests each side answered: with both, everything is shown a request, so that more traffic is no regression. */
export function RequestFields(props: { readonly shown: View }) {
  const { requests } = props.shown;
  const shown = [String(requests?.[0] ?? ''), String(requests?.[1] ?? '')] as const;
  const [texts, setTexts] = useState(shown);
  useEffect(() => setTexts(shown), [requests]);
  const rates = texts.map(Number);
  const [before = 0, after = 0] = rates;
  const isEmpty = texts.every((text) => text.trim() === '');
  const commit = (): void => {
    if (isEmpty) navigate({ requests: null });
    else if (before > 0 && after > 0) navigate({ requests: [before, after] });
  };
  const field = (side: 0 | 1, label: string) => (
    <input
      inputMode="decimal"
      size={7}
      aria-label={label}
      aria-invalid={!isEmpty && texts[side].trim() !== '' && !((rates[side] ?? 0) > 0)}
      data-testid={side === 0 ? 'requests-baseline' : 'requests-comparison'}
      value={texts[side]}
      onInput={(event) => {
        const text = event.currentTarget.value;
        setTexts(side === 0 ? [text, texts[1]] : [texts[0], text]);
      }}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
      }}
    />
  );
  return (
    <span class="by-label" title="With both, amounts are CPU time a request">
      <span class="hint">Requests/s:</span>
      {field(0, 'Requests a second of the baseline')}→{field(1, 'Requests a second of the comparison')}
    </span>
  );
}
