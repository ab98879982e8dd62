import { useState } from 'preact/hooks';
import { formatView, type View } from '../model/url_state';
import { copy } from '../state/clipboard';
import { keep, missingView, remove, views } from '../state/documents';
import { useAtom } from './hooks';
import { Menu } from './menu';

/** Views by name, kept on the server: a short link for a long address. */
export function ViewsMenu(props: { readonly shown: View }) {
  const kept = useAtom(views.state).value ?? [];
  return (
    <Menu title="Views" label="Views" testid="views">
      {(close) => (
        <div class="menu-list">
          {kept.map(({ name, address }) => (
            <div key={name} class="row" data-testid="view">
              <a href={address} data-testid="view-link">
                {name}
              </a>
              <span class="view-actions">
                <button
                  type="button"
                  aria-label={`Copy link to ${name}`}
                  onClick={() => void copy(linkTo(name))}
                >
                  Copy link
                </button>
                <button
                  type="button"
                  aria-label={`Forget ${name}`}
                  data-testid="view-remove"
                  onClick={() => void remove('views', 'name', name)}
                >
                  ×
                </button>
              </span>
            </div>
          ))}
          <KeepView shown={props.shown} onDone={close} />
        </div>
      )}
    </Menu>
  );
}

function KeepView(props: { readonly shown: View; readonly onDone: () => void }) {
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (name.trim() === '') return;
    const address = formatView(props.shown);
    const refused = await keep('views', { name: name.trim(), address: address === '' ? '?' : address });
    setProblem(refused);
    if (refused === null) {
      await copy(linkTo(name.trim()));
      props.onDone();
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <div class="row">
        <input
          aria-label="Name of this view"
          placeholder="Name of this view"
          maxLength={50}
          data-testid="view-name"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <button type="submit" class="primary" disabled={name.trim() === ''}>
          Keep
        </button>
      </div>
      {problem !== null && <p role="alert">{problem}</p>}
      <p class="hint">Kept on the server; its short link is copied.</p>
    </form>
  );
}

/** Shown when a link leads to a view that nobody keeps any more. */
export function MissingView() {
  const name = useAtom(missingView);
  if (name === '') return null;
  return (
    <p class="notice" role="alert" data-testid="missing-view">
      There is no view “{name}” on this server any more. It may have been renamed or removed.
    </p>
  );
}

function linkTo(name: string): string {
  return `${location.origin}${location.pathname}?view=${encodeURIComponent(name)}`;
}
