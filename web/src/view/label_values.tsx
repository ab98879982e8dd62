import { useRef } from 'preact/hooks';
import { parseLabelValues } from '../model/answers';
import { moreText, offerOf, textToAsk, type Known, type Offer } from '../model/label_values';
import type { Selection } from '../model/url_state';
import { labelValues } from '../state/queries';
import { useHeldAnswer } from './hooks';

/** Values of a label that hold what is typed. The last ones are shown, without those that do not fit, until the next ones are there. */
export function useLabelValues(label: string, selection: Selection, typed: string): Offer {
  const { query, from, until } = selection;
  const of = JSON.stringify([label, query, from, until]);
  const last = useRef<{ readonly known: Known | null; readonly of: string }>({ known: null, of });
  const asked = textToAsk(last.current.of === of ? last.current.known : null, typed);
  const held = useHeldAnswer(parseLabelValues, labelValues(label, selection, asked), asked, of);
  const known = held && { answer: held.value, text: held.name };
  last.current = { known, of };
  return offerOf(known, typed);
}

/** Below a list that is cut. */
export function MoreValues(props: { readonly more: number | null }) {
  if (props.more === 0) return null;
  return (
    <p class="hint more-values" data-testid="more-values">
      {moreText(props.more)}
    </p>
  );
}
