/** A sortable table that only builds the rows in sight, so that thousands cost as much as forty; its rows may be a tree. */
import { formatWhole } from '../model/cores';
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { toggleSort, type SortOrder } from '../model/table';
import { hoveredFunction, selectedFunction } from '../state/frames';
import { navigate } from '../state/view';
import { useAtom } from './hooks';
import { RowMenuButton, ShownRowMenu, useRowMenu, type RowActions } from './row_menu';

export const ROW_HEIGHT = 26;
const SPARE_ROWS = 4;

export interface Column<Name extends string> {
  readonly name: Name;
  readonly title: string;
  /** Of its numbers, behind the title where there is room. */
  readonly unit?: string;
  /** Longer words for the title, where a short one must do. */
  readonly hint?: string;
  readonly numeric: boolean;
  readonly cell: (row: number) => ComponentChildren;
}

/** What makes the rows a tree that keys move through. The table has the focus, one row is active. */
export interface Grid {
  /** The active row; one that is not shown for none. */
  readonly active: number;
  /** 1 for the topmost row. */
  readonly levelOf: (row: number) => number;
  /** Whether what is below a row is shown; null where there is nothing. */
  readonly isOpen: (row: number) => boolean | null;
  readonly onRow: (row: number) => void;
  readonly onOpenRow: (row: number) => void;
  readonly onKey: (event: KeyboardEvent) => void;
}

export interface DataTableProps<Name extends string> {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column<Name>[];
  readonly rows: Int32Array;
  readonly functionOf: (row: number) => number;
  readonly order: SortOrder<Name>;
  readonly onSelect: (at: number) => void;
  readonly empty: string;
  /** How many smaller rows the server did not send. */
  readonly leftOut: number;
  readonly grid?: Grid;
  /** A row that is scrolled to and stands out. */
  readonly marked?: number;
  /** What can be done with a row; null for nothing. */
  readonly actionsOf?: (row: number) => RowActions | null;
}

export function DataTable<Name extends string>(props: DataTableProps<Name>) {
  const { rows, columns, grid } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const visible = useVisibleRows(scroller, rows.length);
  const shown = [...rows.subarray(visible.first, visible.last)];
  const active = rows.indexOf(grid?.active ?? props.marked ?? -1);
  useEffect(() => reveal(scroller.current, active), [active]);
  const { menu, open, close } = useRowMenu();
  return (
    <div class="table-scroller" ref={scroller} tabIndex={-1} data-testid={`table-${props.id}`}>
      <table
        aria-rowcount={rows.length + 1}
        {...(grid !== undefined && {
          role: 'treegrid',
          tabIndex: 0,
          'aria-label': props.caption,
          'aria-activedescendant': active >= visible.first && active < visible.last ? rowId(props, active) : undefined,
          onKeyDown: grid.onKey,
          // By the menu key; a pointer is on a row.
          onContextMenu: (event: MouseEvent) =>
            active >= 0 &&
            props.actionsOf?.(grid.active) != null &&
            open(grid.active, event, document.getElementById(rowId(props, active))),
        })}
      >
        <caption class="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.name} column={column} order={props.order} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer rows={visible.first} />
          {shown.map((row, i) => (
            // By place, so that a search or another order writes into the rows there are.
            <Row key={visible.first + i} table={props} row={row} position={visible.first + i} onMenu={open} />
          ))}
          <Spacer rows={rows.length - visible.last} />
        </tbody>
      </table>
      {rows.length === 0 && <p class="hint">{props.empty}</p>}
      {props.leftOut > 0 && <p class="hint">and {formatWhole(props.leftOut)} smaller functions</p>}
      {menu !== null && props.actionsOf !== undefined && (
        <ShownRowMenu menu={menu} actionsOf={props.actionsOf} onClose={close} />
      )}
    </div>
  );
}

function rowId<Name extends string>(table: DataTableProps<Name>, position: number): string {
  return `${table.id}-row-${position}`;
}

/** Scrolls as little as needed to show a row, below the head, which stands still. */
function reveal(scroller: HTMLDivElement | null, position: number): void {
  if (scroller === null || position < 0) return;
  const top = position * ROW_HEIGHT;
  const { scrollTop, clientHeight } = scroller;
  if (top < scrollTop) scroller.scrollTop = top;
  else if (top + 2 * ROW_HEIGHT + 2 > scrollTop + clientHeight)
    scroller.scrollTop = top + 2 * ROW_HEIGHT + 2 - clientHeight;
}

function Head<Name extends string>(props: {
  readonly column: Column<Name>;
  readonly order: SortOrder<Name>;
}) {
  const { column, order } = props;
  const sorted = order.column === column.name;
  const direction = order.descending ? 'descending' : 'ascending';
  return (
    <th
      scope="col"
      class={column.numeric ? 'number' : ''}
      data-column={column.name}
      aria-sort={sorted ? direction : 'none'}
    >
      <button
        type="button"
        title={column.hint ?? `Sort by ${column.title}`}
        data-testid={`sort-${column.name}`}
        onClick={() => navigate({ sort: toggleSort(order, column.name) }, 'replace')}
      >
        {column.title}
        {column.unit !== undefined && <span class="unit">, {column.unit}</span>}
        <span aria-hidden="true">{sorted ? (order.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row<Name extends string>(props: {
  readonly table: DataTableProps<Name>;
  readonly row: number;
  readonly position: number;
  readonly onMenu: (row: number, event: MouseEvent) => void;
}) {
  const { table, row } = props;
  const { grid } = table;
  const at = table.functionOf(row);
  const hovered = useAtom(hoveredFunction) === at && at >= 0;
  const chosen = useAtom(selectedFunction) === at && at >= 0;
  const selected = grid === undefined ? chosen || row === table.marked : grid.active === row;
  const actions = selected ? (table.actionsOf?.(row) ?? null) : null;
  return (
    <tr
      class={`${hovered ? 'hovered' : ''} ${selected ? 'selected' : ''}`}
      aria-rowindex={props.position + 2}
      aria-current={selected ? 'true' : undefined}
      {...(grid !== undefined && {
        id: rowId(table, props.position),
        'aria-level': grid.levelOf(row),
        'aria-expanded': grid.isOpen(row) ?? undefined,
        onDblClick: () => grid.onOpenRow(row),
      })}
      data-testid="row"
      onMouseEnter={() => hoveredFunction.set(at)}
      onMouseLeave={() => hoveredFunction.set(-1)}
      onClick={() => (grid === undefined ? table.onSelect(at) : grid.onRow(row))}
      onContextMenu={(event) => table.actionsOf?.(row) != null && props.onMenu(row, event)}
    >
      {table.columns.map((column, i) => (
        <td key={column.name} class={column.numeric ? 'number' : ''} data-column={column.name}>
          {column.cell(row)}
          {i === 0 && actions !== null && (
            <RowMenuButton title={actions.title} onOpen={(event) => props.onMenu(row, event)} />
          )}
        </td>
      ))}
    </tr>
  );
}

/** One cell: spread over all columns it would keep room for those that a narrow table hides. */
function Spacer(props: { readonly rows: number }) {
  if (props.rows <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td style={{ height: `${props.rows * ROW_HEIGHT}px`, padding: 0 }} />
    </tr>
  );
}

function useVisibleRows(
  scroller: { readonly current: HTMLDivElement | null },
  count: number,
): { readonly first: number; readonly last: number } {
  // What is too little at first is added before it can be seen; what is too much would be built for nothing.
  const [place, setPlace] = useState({ top: 0, height: 300 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return undefined;
    const look = (): void => {
      const top = Math.floor(element.scrollTop / ROW_HEIGHT);
      setPlace((old) =>
        old.top === top && old.height === element.clientHeight ? old : { top, height: element.clientHeight },
      );
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);
  const first = Math.max(0, Math.min(place.top, count) - SPARE_ROWS);
  return { first, last: Math.min(count, place.top + Math.ceil(place.height / ROW_HEIGHT) + SPARE_ROWS) };
}
