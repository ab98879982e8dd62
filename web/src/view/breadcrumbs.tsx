import { useRef } from 'preact/hooks';
import type { Window } from '../model/layout';
import { nodeName, pathTo, type Functions, type TreeLinks } from '../model/tree';

/** More than this many ends are folded into an ellipsis in the middle. */
const SHOWN = 6;

/** The frames from the root to the zoomed one; each leads back to itself. */
export function Breadcrumbs(props: {
  readonly tree: TreeLinks;
  readonly functions: Functions;
  readonly focus: number;
  /** Of the width that is shown; null: all of it. */
  readonly part: Window | null;
  readonly onFocus: (node: number) => void;
}) {
  const root = useRef<HTMLButtonElement>(null);
  const path = pathTo(props.tree, props.focus);
  const folded = path.length > SHOWN;
  const shown = folded ? [...path.slice(0, 1), ...path.slice(1 - SHOWN)] : path;
  return (
    <nav class="breadcrumbs" aria-label="Zoomed frame" data-testid="breadcrumbs">
      <ol>
        {shown.map((node, i) => (
          <li key={node}>
            {folded && i === 1 && <span title={`${path.length - SHOWN} more callers`}>… ›</span>}
            <button
              ref={i === 0 ? root : null}
              type="button"
              class="link"
              aria-current={node === props.focus ? 'location' : undefined}
              onClick={() => props.onFocus(node)}
            >
              {nodeName(props.tree, props.functions, node)}
            </button>
          </li>
        ))}
      </ol>
      {(props.focus !== 0 || props.part !== null) && (
        <button
          type="button"
          class="small"
          data-testid="reset-zoom"
          onClick={() => {
            // This button goes away with the zoom; whoever came by key shall not lose the place.
            root.current?.focus();
            props.onFocus(0);
          }}
        >
          Reset zoom
        </button>
      )}
    </nav>
  );
}
