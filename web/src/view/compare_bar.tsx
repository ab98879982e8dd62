import { useState } from 'preact/hooks';
import { annotationsOf } from '../model/documents';
import { moreText, type Offer } from '../model/label_values';
import type { Price } from '../model/money';
import { beforeMoment, byLabel, earlierBaseline, labelOf, type Preset } from '../model/presets';
import { SERVICE } from '../model/selector';
import { formatTime } from '../model/time_range';
import type { Selection, View } from '../model/url_state';
import { now } from '../state/clock';
import { annotations } from '../state/documents';
import { labelNames } from '../state/queries';
import { navigate } from '../state/view';
import { useAtom } from './hooks';
import { LabelChips } from './label_chips';
import { useLabelValues } from './label_values';
import { RequestFields } from './request_fields';
import { ServicePicker } from './service_picker';
import { TimePicker } from './time_picker';
import { TypePicker } from './type_picker';

const PRESETS: readonly (readonly [Preset, string])[] = [
  ['previous', 'previous period'],
  ['yesterday', 'yesterday'],
  ['week', 'last week'],
];

export interface CompareBarProps {
  readonly shown: View;
  readonly price: Price | null;
  readonly wholeCores: number;
}

/** Both sides, each with its selector and range, and short ways to choose them. */
export function CompareBar(props: CompareBarProps) {
  const { shown } = props;
  return (
    <div class="sides">
      <SideEditor {...props} side="baseline" />
      <SideEditor {...props} side="comparison" />
      <div class="bar presets">
        <TypePicker type={shown.type} />
        <span class="hint">Baseline:</span>
        {PRESETS.map(([preset, title]) => (
          <button
            key={preset}
            type="button"
            class="small"
            data-testid={`preset-${preset}`}
            onClick={() => navigate({ baseline: earlierBaseline(shown.comparison, preset, now.get()) })}
          >
            {title}
          </button>
        ))}
        <BeforeMark shown={shown} />
        <button
          type="button"
          class="small"
          data-testid="swap"
          onClick={() => navigate({ baseline: shown.comparison, comparison: shown.baseline })}
        >
          ⇄ swap
        </button>
        <ByLabel shown={shown} />
        <RequestFields shown={shown} />
      </div>
    </div>
  );
}

/** The comparison from a marked moment on, the baseline as long before it. */
function BeforeMark(props: { readonly shown: View }) {
  const { shown } = props;
  const all = annotationsOf(useAtom(annotations.state).value ?? [], shown.comparison.query);
  if (all.length === 0) return null;
  return (
    <select
      class="small"
      aria-label="Before and after a mark"
      data-testid="preset-mark"
      value=""
      onChange={(event) => {
        const mark = all.find((entry) => entry.id === event.currentTarget.value);
        if (mark !== undefined) navigate(beforeMoment(shown.comparison, mark.atMs, now.get()));
      }}
    >
      <option value="">before a mark…</option>
      {[...all].reverse().map((entry) => (
        <option key={entry.id} value={entry.id}>
          {entry.text}, {formatTime(entry.atMs, shown.utc)}
        </option>
      ))}
    </select>
  );
}

function SideEditor(props: CompareBarProps & { readonly side: 'baseline' | 'comparison' }) {
  const { shown, side, price, wholeCores } = props;
  const selection = shown[side];
  const change = (part: Partial<Selection>): void => navigate({ [side]: { ...selection, ...part } });
  const query = (next: string): void => change({ query: next });
  return (
    <div class="bar side" data-testid={`side-${side}`}>
      <span class={`tag ${side}`}>{side === 'baseline' ? 'Baseline' : 'Comparison'}</span>
      <ServicePicker
        query={selection.query}
        type={shown.type}
        price={price}
        wholeCores={wholeCores}
        onQuery={query}
      />
      <LabelChips selection={selection} onQuery={query} />
      <span class="spring" />
      <TimePicker
        range={selection}
        utc={shown.utc}
        testid={`${side}-range`}
        onRange={({ from, until }) => change({ from, until })}
      />
    </div>
  );
}

/** One label, two of its values: version 1 against version 2 over the same time. */
function ByLabel(props: { readonly shown: View }) {
  const { shown } = props;
  const names = useAtom(labelNames.state).value ?? [];
  const offered = names.filter((name) => !name.startsWith('__') && name !== SERVICE);
  const [chosen, setChosen] = useState('');
  const label =
    chosen !== '' ? chosen : (offered.find((name) => labelOf(shown.comparison, name) !== '') ?? '');
  return (
    <span class="by-label">
      <label>
        <span class="hint">By label:</span>{' '}
        <select
          data-testid="by-label"
          value={label}
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          <option value="">choose</option>
          {offered.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {label !== '' && <TwoValues key={label} shown={shown} label={label} />}
    </span>
  );
}

/** Where there are more values than a list shows, a field besides that narrows both lists. */
function TwoValues(props: { readonly shown: View; readonly label: string }) {
  const { shown, label } = props;
  const [typed, setTyped] = useState('');
  const everything = { ...shown.comparison, query: withoutLabel(shown, label) };
  const offer = useLabelValues(label, everything, typed);
  const before = labelOf(shown.baseline, label);
  const after = labelOf(shown.comparison, label);
  const set = (one: string, other: string): void => navigate(byLabel(shown, label, one, other));
  return (
    <>
      {(typed !== '' || offer.more !== 0) && (
        <input
          type="search"
          class="narrow"
          aria-label={`Narrow the values of ${label}`}
          placeholder="Narrow"
          data-testid="by-narrow"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      <ValueSelect
        label="Baseline value"
        testid="by-baseline"
        value={before}
        offer={offer}
        onValue={(value) => set(value, after)}
      />
      →
      <ValueSelect
        label="Comparison value"
        testid="by-comparison"
        value={after}
        offer={offer}
        onValue={(value) => set(before, value)}
      />
    </>
  );
}

/** What is chosen stays in the list, whether it is offered or not. */
function ValueSelect(props: {
  readonly label: string;
  readonly testid: string;
  readonly value: string;
  readonly offer: Offer;
  readonly onValue: (value: string) => void;
}) {
  const values = [...new Set(['', props.value, ...props.offer.values])];
  const more = moreText(props.offer.more);
  return (
    <select
      aria-label={props.label}
      data-testid={props.testid}
      value={props.value}
      onChange={(event) => props.onValue(event.currentTarget.value)}
    >
      {values.map((value) => (
        <option key={value} value={value}>
          {value === '' ? 'any' : value}
        </option>
      ))}
      {more !== '' && <option disabled>{more}</option>}
    </select>
  );
}

/** The comparison's selector without the label, to find all values it can have. */
function withoutLabel(shown: View, label: string): string {
  return byLabel(shown, label, '', '').comparison.query;
}
