import { useRef, useState } from 'preact/hooks';
import { complete, completionAt, matchingChoices } from '../model/complete';
import { parseSelector } from '../model/selector';
import type { Selection } from '../model/url_state';
import { labelNames } from '../state/queries';
import { useAtom } from './hooks';
import { MoreValues, useLabelValues } from './label_values';

const SHOWN = 12;

/** The whole selector as text. Names and values that there are complete what is typed: ↑ ↓ choose, Tab or Enter takes. */
export function SelectorText(props: {
  readonly selection: Selection;
  readonly onQuery: (query: string) => void;
}) {
  const { selection, onQuery } = props;
  const [text, setText] = useState(selection.query === '' ? '{}' : selection.query);
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const completion = caret === null ? null : completionAt(text, caret);
  const names = useAtom(labelNames.state).value ?? [];
  const everything = { ...selection, query: '{}' };
  const values = useLabelValues(completion?.label ?? '', everything, completion?.typed ?? '');
  const offer = completion?.kind === 'value' ? values : { values: names, more: 0 };
  const matching = completion === null ? [] : matchingChoices(completion, offer.values);
  const choices = matching.slice(0, SHOWN);
  const more = offer.more === null ? null : offer.more + matching.length - choices.length;
  const valid = parseSelector(text) !== null;
  const follow = (element: HTMLInputElement): void => {
    setText(element.value);
    setCaret(element.selectionStart);
    setChosen(-1);
  };
  const take = (choice: string | undefined): void => {
    if (completion === null || choice === undefined) return;
    const next = complete(text, completion, choice);
    setText(next.text);
    setCaret(next.caret);
    setChosen(-1);
    const element = input.current;
    if (element === null) return;
    // The caret can only go where there is text already.
    element.value = next.text;
    element.focus();
    element.setSelectionRange(next.caret, next.caret);
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && choices.length > 0)
      setChosen((chosen + step + choices.length) % choices.length);
    else if ((event.key === 'Tab' || event.key === 'Enter') && chosen >= 0) take(choices[chosen]);
    else return;
    event.preventDefault();
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    if (valid) onQuery(text.trim());
  };
  return (
    <form onSubmit={submit}>
      <div class="row">
        <input
          ref={input}
          class="wide code"
          role="combobox"
          aria-label="Selector"
          aria-invalid={!valid}
          aria-expanded={choices.length > 0}
          aria-controls="selector-choices"
          aria-activedescendant={chosen >= 0 ? `selector-choice-${chosen}` : undefined}
          autocomplete="off"
          data-testid="selector-text"
          value={text}
          onInput={(event) => follow(event.currentTarget)}
          onClick={(event) => setCaret(event.currentTarget.selectionStart)}
          onKeyDown={press}
        />
        <button type="submit" class="primary" disabled={!valid}>
          Apply
        </button>
      </div>
      <ul id="selector-choices" class="choices" role="listbox" aria-label="What there is">
        {choices.map((choice, i) => (
          <li
            key={choice}
            id={`selector-choice-${i}`}
            role="option"
            aria-selected={i === chosen}
            data-testid="selector-choice"
            onClick={() => take(choice)}
          >
            {choice}
          </li>
        ))}
      </ul>
      <MoreValues more={completion === null ? 0 : more} />
      <p class="hint">
        {valid ? 'Operators: = != =~ !~' : 'A selector looks like {service_name="shop",pod=~"web-.*"}'}
      </p>
    </form>
  );
}
