/** What every page offers: zone of times, colours, the list of keys. */
import { useEffect } from 'preact/hooks';
import type { View } from '../model/url_state';
import { theme, toggleTheme } from '../state/theme';
import { navigate } from '../state/view';
import { useAtom } from './hooks';

export function PageButtons(props: { readonly shown: View; readonly onKeys: () => void }) {
  const { shown } = props;
  const mode = useAtom(theme);
  return (
    <>
      <button
        type="button"
        title="Times in this zone or in UTC"
        aria-pressed={shown.utc}
        data-testid="utc"
        onClick={() => navigate({ utc: !shown.utc })}
      >
        UTC
      </button>
      <button
        type="button"
        aria-label={mode === 'dark' ? 'Light colours' : 'Dark colours'}
        title={mode === 'dark' ? 'Light colours' : 'Dark colours'}
        data-testid="theme"
        onClick={toggleTheme}
      >
        {mode === 'dark' ? '☀' : '☾'}
      </button>
      <button type="button" aria-label="Keys" title="Keys  ?" data-testid="keys" onClick={props.onKeys}>
        ?
      </button>
    </>
  );
}

/** `/` searches, `?` shows the keys; neither while something is typed. */
export function useShortcuts(showKeys: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '/') document.getElementById('search')?.focus();
      else if (event.key === '?') showKeys();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
