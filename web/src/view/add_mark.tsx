import { useState } from 'preact/hooks';
import { formatSelector, parseSelector, SERVICE, serviceOf, withLabel } from '../model/selector';
import { normalizeTime } from '../model/time_range';
import type { View } from '../model/url_state';
import { now } from '../state/clock';
import { keep } from '../state/documents';
import { Menu } from './menu';

/** Marks a moment for all who look at this service. */
export function AddMark(props: { readonly shown: View }) {
  return (
    <Menu title="+ mark" label="+ mark: annotate the timeline" testid="add-mark">
      {(close) => <MarkForm shown={props.shown} onDone={close} />}
    </Menu>
  );
}

function MarkForm(props: { readonly shown: View; readonly onDone: () => void }) {
  const { shown, onDone } = props;
  const [text, setText] = useState('');
  const [time, setTime] = useState('now');
  const [problem, setProblem] = useState<string | null>(null);
  const at = normalizeTime(time, now.get(), shown.utc);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (at === null || text.trim() === '') return;
    const service = serviceOf(parseSelector(shown.query) ?? []);
    const selector = formatSelector(withLabel([], SERVICE, service));
    const refused = await keep('annotations', { text: text.trim(), at, selector });
    setProblem(refused);
    if (refused === null) onDone();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <div class="row">
        <input
          aria-label="What happened"
          placeholder="deploy 1.4"
          maxLength={100}
          data-testid="mark-text"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <input
          aria-label="When"
          aria-invalid={at === null}
          class="time"
          title="now, now-15m, 2026-01-31 12:00, 12:00"
          data-testid="mark-time"
          value={time}
          onInput={(event) => setTime(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={at === null || text.trim() === ''}>
          Add
        </button>
      </div>
      {problem !== null && <p role="alert">{problem}</p>}
      <p class="hint">
        From a script: <code>phlox annotate 'deploy 1.4'</code>
      </p>
    </form>
  );
}
