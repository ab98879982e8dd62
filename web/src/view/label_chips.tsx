import { useId, useState } from 'preact/hooks';
import {
  formatMatcher,
  formatSelector,
  OPERATORS,
  parseSelector,
  SERVICE,
  type Matcher,
  type Operator,
} from '../model/selector';
import type { Selection } from '../model/url_state';
import { labelNames } from '../state/queries';
import { useAtom } from './hooks';
import { MoreValues, useLabelValues } from './label_values';
import { Menu } from './menu';
import { SelectorText } from './selector_text';

export interface LabelChipsProps {
  readonly selection: Selection;
  readonly onQuery: (query: string) => void;
}

/** The selector's matchers as chips, with ways to add one and to write the whole selector by hand. */
export function LabelChips(props: LabelChipsProps) {
  const matchers = parseSelector(props.selection.query === '' ? '{}' : props.selection.query);
  const set = (next: readonly Matcher[]): void => props.onQuery(formatSelector(next));
  return (
    <div class="chips" data-testid="chips">
      {(matchers ?? []).map((matcher, i) =>
        matcher.name === SERVICE && matcher.operator === '=' ? null : (
          <Chip
            key={formatMatcher(matcher)}
            text={formatMatcher(matcher)}
            onRemove={() => set((matchers ?? []).filter((_, at) => at !== i))}
          />
        ),
      )}
      <Menu title="+ label" label="Add a label" testid="add-label">
        {(close) => (
          <AddLabel
            selection={props.selection}
            onAdd={(matcher) => {
              set([...(matchers ?? []), matcher]);
              close();
            }}
          />
        )}
      </Menu>
      <Menu title="{…}" label="Write the selector" testid="edit-selector">
        {(close) => (
          <SelectorText
            selection={props.selection}
            onQuery={(query) => {
              props.onQuery(query);
              close();
            }}
          />
        )}
      </Menu>
    </div>
  );
}

function Chip(props: { readonly text: string; readonly onRemove: () => void }) {
  return (
    <span class="chip">
      {props.text}
      <button type="button" aria-label={`Remove ${props.text}`} onClick={props.onRemove}>
        ×
      </button>
    </span>
  );
}

function AddLabel(props: { readonly selection: Selection; readonly onAdd: (matcher: Matcher) => void }) {
  const [name, setName] = useState('');
  const [operator, setOperator] = useState<Operator>('=');
  const [value, setValue] = useState('');
  const names = useAtom(labelNames.state).value ?? [];
  const offer = useLabelValues(name, props.selection, value);
  const id = useId();
  const add = (event: Event): void => {
    event.preventDefault();
    if (name !== '') props.onAdd({ name, operator, value });
  };
  return (
    <form onSubmit={add} data-testid="add-label-form">
      <div class="row">
        <Suggest
          id={`${id}-name`}
          label="Label"
          value={name}
          choices={names.filter(isPlain)}
          onValue={setName}
        />
        <select
          aria-label="Operator"
          value={operator}
          onChange={(event) =>
            setOperator(OPERATORS.find((entry) => entry === event.currentTarget.value) ?? '=')
          }
        >
          {OPERATORS.map((entry) => (
            <option key={entry}>{entry}</option>
          ))}
        </select>
        <Suggest id={`${id}-value`} label="Value" value={value} choices={offer.values} onValue={setValue} />
        <button type="submit" class="primary">
          Add
        </button>
      </div>
      <MoreValues more={offer.more} />
    </form>
  );
}

/** A field that suggests what there is and takes anything. */
function Suggest(props: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly choices: readonly string[];
  readonly onValue: (value: string) => void;
}) {
  return (
    <>
      <input
        aria-label={props.label}
        placeholder={props.label}
        list={props.id}
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      <datalist id={props.id}>
        {props.choices.map((choice) => (
          <option key={choice} value={choice} />
        ))}
      </datalist>
    </>
  );
}

/** Labels for the use of servers among themselves are not offered; they can still be typed. */
function isPlain(name: string): boolean {
  return !name.startsWith('__');
}
