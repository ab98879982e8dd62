import type { ComponentChildren } from 'preact';
import { navigate } from '../state/view';

/** One field for the graphs and the table. `result` says what was found. */
export function SearchBox(props: { readonly text: string; readonly result: ComponentChildren }) {
  return (
    <div class="search">
      <input
        type="search"
        id="search"
        placeholder="Search functions  /"
        aria-label="Search functions, files and modules"
        data-testid="search"
        value={props.text}
        onInput={(event) => navigate({ search: event.currentTarget.value }, 'replace')}
        onKeyDown={(event) => {
          if (event.key === 'Escape') navigate({ search: '' }, 'replace');
        }}
      />
      <output class="search-result" for="search" data-testid="search-result">
        {props.result}
      </output>
    </div>
  );
}
