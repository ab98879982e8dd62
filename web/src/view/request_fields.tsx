import { useEffect, useMemo, useState } from 'preact/hooks';
import { parseProfile } from '../model/answers';
import { formatNumber } from '../model/cores';
import type { Requests } from '../model/diff';
import { requestsOf, requestsType } from '../model/requests';
import type { View } from '../model/url_state';
import { profileTypes, sideRequestsRequest } from '../state/queries';
import { navigate } from '../state/view';
import { useAnswer, useAtom } from './hooks';

/** Requests a second of both sides as the view has them: typed, or of what programs push; null: not a request. */
export function useRequests(shown: View): Requests | null {
  // The types say what can be asked for.
  useAtom(profileTypes.state);
  const asked = shown.requests === 'pushed';
  const before = useAnswer(parseProfile, asked ? sideRequestsRequest(shown, 'baseline') : null).value;
  const after = useAnswer(parseProfile, asked ? sideRequestsRequest(shown, 'comparison') : null).value;
  const pushed = useMemo(() => requestsOf(before, after), [before, after]);
  return shown.requests === 'pushed' ? pushed : shown.requests;
}

/** How many requests each side answered: with both, everything is shown a request, so that more traffic is no regression. */
export function RequestFields(props: { readonly shown: View }) {
  const offered = requestsType(useAtom(profileTypes.state).value ?? []) !== null;
  const isPushed = props.shown.requests === 'pushed';
  return (
    <span class="by-label" title="With both, amounts are CPU time a request">
      <span class="hint">Requests/s:</span>
      {isPushed ? <PushedRequests shown={props.shown} /> : <TypedRequests requests={props.shown.requests} />}
      {(offered || isPushed) && (
        <button
          type="button"
          class="small"
          aria-pressed={isPushed}
          title="Count the requests that programs push beside their profiles"
          data-testid="requests-pushed"
          onClick={() => navigate({ requests: isPushed ? null : 'pushed' })}
        >
          as pushed
        </button>
      )}
    </span>
  );
}

function PushedRequests(props: { readonly shown: View }) {
  const requests = useRequests(props.shown);
  return (
    <span data-testid="requests-shown">
      {requests === null ? 'none of one side' : requests.map(formatNumber).join(' → ')}
    </span>
  );
}

function TypedRequests(props: { readonly requests: Requests | null | 'pushed' }) {
  const requests = props.requests === 'pushed' ? null : props.requests;
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
    <>
      {field(0, 'Requests a second of the baseline')}→{field(1, 'Requests a second of the comparison')}
    </>
  );
}
