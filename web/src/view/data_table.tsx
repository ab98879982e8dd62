/** A sortable table that only builds the rows in sight, so that thousands cost as much as forty. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { toggleSort, type SortOrder } from '../model/table';
import { hoveredFunction, selectedFunction } from '../state/frames';
import { navigate } from '../state/view';
import { useAtom } from './hooks';

export const ROW_HEIGHT = 26;
const SPARE_ROWS = 8;

export interface Column<Name extends string> {
  readonly name: Name;
  readonly title: string;
  /** Longer words for the title, where a short one must do. */
  readonly hint?: string;
  readonly numeric: boolean;
  readonly cell: (row: number) => ComponentChildren;
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
}

export function DataTable<Name extends string>(props: DataTableProps<Name>) {
  const { rows, columns } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const visible = useVisibleRows(scroller, rows.length);
  const shown = [...rows.subarray(visible.first, visible.last)];
  return (
    <div class="table-scroller" ref={scroller} tabIndex={-1} data-testid={`table-${props.id}`}>
      <table aria-rowcount={rows.length + 1}>
        <caption class="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column.name} column={column} order={props.order} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Spacer rows={visible.first} columns={columns.length} />
          {shown.map((row, i) => (
            <Row key={row} table={props} row={row} position={visible.first + i} />
          ))}
          <Spacer rows={rows.length - visible.last} columns={columns.length} />
        </tbody>
      </table>
      {rows.length === 0 && <p class="hint">{props.empty}</p>}
      {props.leftOut > 0 && <p class="hint">and {props.leftOut.toLocaleString('en-US')} smaller functions</p>}
    </div>
  );
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
        <span aria-hidden="true">{sorted ? (order.descending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row<Name extends string>(props: {
  readonly table: DataTableProps<Name>;
  readonly row: number;
  readonly position: number;
}) {
  const { table, row } = props;
  const at = table.functionOf(row);
  const hovered = useAtom(hoveredFunction) === at;
  const selected = useAtom(selectedFunction) === at;
  return (
    <tr
      class={`${hovered ? 'hovered' : ''} ${selected ? 'selected' : ''}`}
      aria-rowindex={props.position + 2}
      aria-current={selected ? 'true' : undefined}
      data-testid="row"
      onMouseEnter={() => hoveredFunction.set(at)}
      onMouseLeave={() => hoveredFunction.set(-1)}
      onClick={() => table.onSelect(at)}
    >
      {table.columns.map((column) => (
        <td key={column.name} class={column.numeric ? 'number' : ''} data-column={column.name}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function Spacer(props: { readonly rows: number; readonly columns: number }) {
  if (props.rows <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={props.columns} style={{ height: `${props.rows * ROW_HEIGHT}px`, padding: 0 }} />
    </tr>
  );
}

function useVisibleRows(
  scroller: { readonly current: HTMLDivElement | null },
  count: number,
): { readonly first: number; readonly last: number } {
  const [place, setPlace] = useState({ top: 0, height: 800 });
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
