/** The call tree as a table that opens and closes: the flame graph for reading, and the same path for every hand. */
import { useEffect, useMemo } from 'preact/hooks';
import type { Profile } from '../model/answers';
import { divisorOf, formatAmount, formatWhole, ratio, type Measure } from '../model/cores';
import { callRows, canOpen, hotPath, toggled } from '../model/call_rows';
import type { Price } from '../model/money';
import { isInverted } from '../model/operators';
import { nodeKey } from '../model/path_hash';
import { isMatch, type Search } from '../model/search';
import { parseSort, PROFILE_COLUMNS, type ProfileColumn } from '../model/table';
import { nodeName, pathTo, placeOf } from '../model/tree';
import { MAX_NODES, type View } from '../model/url_state';
import { selectedFunction, selectedNode } from '../state/frames';
import { inFile } from '../state/kept';
import { navigate } from '../state/view';
import { treeKey } from './call_keys';
import { DataTable, type Column, type Grid } from './data_table';
import { frameActions } from './frame_actions';
import { useAtom } from './hooks';
import { Place } from './top_table';
import { valueColumns } from './value_columns';

export interface CallTableProps {
  readonly shown: View;
  readonly profile: Profile;
  readonly measure: Measure;
  readonly price: Price | null;
  readonly found: Search | null;
  /** Where the table begins: the frame zoomed to. */
  readonly root: number;
  readonly onFocus: (node: number) => void;
}

export function CallTable(props: CallTableProps) {
  const { shown, profile, found, root } = props;
  const { tree, functions } = profile;
  const order = parseSort(shown.sort, PROFILE_COLUMNS, { column: 'total', descending: true });
  const open = useMemo(() => new Set(shown.open ?? hotPath(profile, root)), [profile, root, shown.open]);
  const rows = useMemo(
    () => callRows(profile, root, open, found, order),
    [profile, root, open, found, order.column, order.descending],
  );
  const active = useAtom(selectedNode);
  useEffect(() => openWayTo(props, open, rows, active), [active]);
  const toggle = (node: number): void =>
    navigate({ open: toggled(open, nodeKey(tree, functions, node)) }, 'replace');
  const isOpen = (row: number): boolean | null =>
    row < 0 || !canOpen(tree, row) ? null : row === root || open.has(nodeKey(tree, functions, row));
  const choose = (row: number): void => {
    if (row < 0) return;
    selectedNode.set(row);
    selectedFunction.set(tree.function[row] ?? -1);
  };
  const grid: Grid = {
    active,
    levelOf: (row) => (row < 0 ? (tree.depth[~row] ?? 0) + 1 : (tree.depth[row] ?? 0)) - (tree.depth[root] ?? 0) + 1,
    isOpen,
    onRow: choose,
    onOpenRow: (row) => row >= 0 && props.onFocus(row),
    onKey: (event) => {
      const move = treeKey(event, { rows, active, root, parent: tree.parent, isOpen });
      if (move === null) return;
      event.preventDefault();
      if (move.select !== undefined) choose(move.select);
      if (move.toggle !== undefined) toggle(move.toggle);
      if (move.focus !== undefined) props.onFocus(move.focus);
    },
  };
  const columns = columnsOf(props, grid, toggle);
  return (
    <DataTable
      id="calls"
      caption="Call tree: who calls what, with self and total values"
      columns={columns}
      rows={rows}
      functionOf={(row) => (row < 0 ? -1 : (tree.function[row] ?? -1))}
      order={order}
      onSelect={() => undefined}
      leftOut={0}
      empty=""
      actionsOf={(row) =>
        row < 0
          ? null
          : {
              title: nodeName(tree, functions, row),
              actions: frameActions({ shown, tree, functions, node: row, onFocus: props.onFocus }),
            }
      }
      grid={grid}
    />
  );
}

/** A frame that was selected elsewhere is shown here, with what calls it opened. */
function openWayTo(
  props: CallTableProps,
  open: ReadonlySet<string>,
  rows: Int32Array,
  node: number,
): void {
  const { tree, functions } = props.profile;
  const below = node > props.root && node < (tree.end[props.root] ?? 0);
  if (!below || rows.includes(node)) return;
  const way = pathTo(tree, node).filter((step) => step > props.root && step !== node);
  const keys = way.map((step) => nodeKey(tree, functions, step));
  navigate({ open: [...new Set([...open, ...keys])] }, 'replace');
}

function columnsOf(
  props: CallTableProps,
  grid: Grid,
  onToggle: (node: number) => void,
): readonly Column<ProfileColumn>[] {
  const { profile, measure, price } = props;
  const { tree, functions, values } = profile;
  const divisor = divisorOf(measure, profile.side);
  const hiddenOf = (node: number): string =>
    formatAmount(measure, ratio(values.hiddenTotal.near[node] ?? 0, divisor));
  const shownFor = (column: Column<ProfileColumn>): Column<ProfileColumn> => ({
    ...column,
    cell: (row) => (row >= 0 ? column.cell(row) : column.name === 'total' ? hiddenOf(~row) : ''),
  });
  return [
    {
      name: 'function',
      title: 'Call',
      numeric: false,
      cell: (row) =>
        row < 0 ? (
          <LeftOut {...props} node={~row} level={grid.levelOf(row)} />
        ) : (
          <Name {...props} node={row} grid={grid} onToggle={onToggle} />
        ),
    },
    {
      name: 'place',
      title: 'File',
      numeric: false,
      cell: (row) => <Place text={row < 0 ? '' : placeOf(functions, tree.function[row] ?? -1)} />,
    },
    ...valueColumns(profile, values, measure, price, isInverted(props.shown.operators)).map(shownFor),
  ];
}

/** Deeper ones are not moved further, or nothing of their name could be read. Their level is in the title. */
const MOST_INDENT = 12;

/** How far a step goes the style sheet says: on a phone there is little room. */
function indentOf(level: number): { readonly '--indent': number } {
  return { '--indent': Math.min(MOST_INDENT, level - 1) };
}

function Name(
  props: CallTableProps & {
    readonly node: number;
    readonly grid: Grid;
    readonly onToggle: (node: number) => void;
  },
) {
  const { profile, found, node, grid } = props;
  const { tree, functions } = profile;
  const open = grid.isOpen(node);
  const name = nodeName(tree, functions, node);
  const at = tree.function[node] ?? -1;
  const matched = found !== null && isMatch(found, tree, node);
  return (
    <span
      class="call"
      style={indentOf(grid.levelOf(node))}
      title={`${name}\n${placeOf(functions, at)}\nlevel ${tree.depth[node] ?? 0}`}
    >
      {open === null || node === props.root ? (
        <span class="call-toggle" />
      ) : (
        <button
          type="button"
          class="call-toggle"
          tabIndex={-1}
          aria-label={`${open ? 'Close' : 'Open'} ${name}`}
          data-testid="toggle"
          onClick={(event) => {
            event.stopPropagation();
            props.onToggle(node);
          }}
        >
          {open ? '▾' : '▸'}
        </button>
      )}
      <span class={`function ${functions.kind[at] === 'synthetic' ? 'synthetic' : ''} ${matched ? 'match' : ''}`}>{name}</span>
    </span>
  );
}

/** What the server did not send of a node's callees. */
function LeftOut(props: CallTableProps & { readonly node: number; readonly level: number }) {
  const { profile, shown, node } = props;
  const count = profile.tree.hiddenCount[node] ?? 0;
  const text = `${formatWhole(count)} smaller ${count === 1 ? 'frame' : 'frames'}`;
  return (
    <span class="call" style={indentOf(props.level)}>
      <span class="call-toggle" />
      {inFile() ? (
        <span class="synthetic">{text}</span>
      ) : (
        <button
          type="button"
          class="link"
          title="Load more frames"
          onClick={() => navigate({ nodes: Math.min(MAX_NODES, shown.nodes * 8) })}
        >
          {text}
        </button>
      )}
    </span>
  );
}
