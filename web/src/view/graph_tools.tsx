import type { Panes, View } from '../model/url_state';
import { navigate } from '../state/view';

const PANES: readonly (readonly [Panes, string])[] = [
  ['graph', 'Graph'],
  ['both', 'Both'],
  ['table', 'Table'],
];

/** How the frames are drawn: which way up, and beside what. */
export function GraphTools(props: { readonly shown: View; readonly panes: boolean }) {
  const { orientation, panes } = props.shown;
  return (
    <div class="tools">
      <button
        type="button"
        aria-pressed={orientation === 'flame'}
        title="Root at the bottom"
        data-testid="orientation"
        onClick={() => navigate({ orientation: orientation === 'flame' ? 'icicle' : 'flame' })}
      >
        Root {orientation === 'flame' ? '↓' : '↑'}
      </button>
      {props.panes && (
        <div class="segments" role="group" aria-label="Show">
          {PANES.map(([name, title]) => (
            <button
              key={name}
              type="button"
              aria-pressed={panes === name}
              data-testid={`show-${name}`}
              onClick={() => navigate({ panes: name })}
            >
              {title}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
