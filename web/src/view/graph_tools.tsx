import { kindLegend } from '../model/colors';
import { PAINTS, type Paint, type Panes, type View } from '../model/url_state';
import { theme } from '../state/theme';
import { navigate } from '../state/view';
import { useAtom } from './hooks';

const PANES: readonly (readonly [Panes, string])[] = [
  ['graph', 'Graph'],
  ['both', 'Both'],
  ['table', 'Table'],
];

/** How the frames are drawn: which way up, and beside what. */
export function GraphTools(props: { readonly shown: View; readonly panes: boolean }) {
  const { orientation, panes, table } = props.shown;
  return (
    <div class="tools">
      {props.panes && <PaintSelect paint={props.shown.paint} />}
      <button
        type="button"
        aria-pressed={orientation === 'flame'}
        title="Root at the bottom"
        data-testid="orientation"
        onClick={() => navigate({ orientation: orientation === 'flame' ? 'icicle' : 'flame' })}
      >
        Root {orientation === 'flame' ? '↓' : '↑'}
      </button>
      {props.panes && panes !== 'graph' && (
        <button
          type="button"
          aria-pressed={table === 'calls'}
          title="Who calls what, as a table that opens and closes"
          data-testid="call-tree"
          onClick={() => navigate({ table: table === 'calls' ? 'functions' : 'calls' })}
        >
          Call tree
        </button>
      )}
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

const PAINT_TITLES: { readonly [paint in Paint]: string } = {
  module: 'by module',
  kind: 'by kind',
  self: 'by self value',
};

/** By what frames are coloured, and what the colours mean where they mean something by themselves. */
function PaintSelect(props: { readonly paint: Paint }) {
  const mode = useAtom(theme);
  return (
    <>
      {props.paint === 'kind' && (
        <span class="kind-legend" data-testid="kind-legend">
          {kindLegend(mode).map(([kind, fill]) => (
            <span key={kind}>
              <i style={{ background: fill }} />
              {kind}
            </span>
          ))}
        </span>
      )}
      <select
        aria-label="Colour frames"
        title="Colour frames"
        data-testid="paint"
        value={props.paint}
        onChange={(event) =>
          navigate({ paint: PAINTS.find((name) => name === event.currentTarget.value) ?? 'module' })
        }
      >
        {PAINTS.map((name) => (
          <option key={name} value={name}>
            {PAINT_TITLES[name]}
          </option>
        ))}
      </select>
    </>
  );
}
