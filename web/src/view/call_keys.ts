/** What a key means in the call tree, as in any tree that opens and closes. */

export interface TreePlace {
  readonly rows: Int32Array;
  readonly active: number;
  readonly root: number;
  readonly parent: Int32Array;
  readonly isOpen: (row: number) => boolean | null;
}

export interface TreeMove {
  readonly select?: number;
  readonly toggle?: number;
  readonly focus?: number;
}

const PAGE = 20;

export function treeKey(event: KeyboardEvent, place: TreePlace): TreeMove | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  // Rows below 0 stand for what was left out; keys pass them by.
  const rows = place.rows.filter((row) => row >= 0);
  const at = rows.indexOf(place.active);
  const go = (position: number): TreeMove => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, position))];
    return row === undefined ? {} : { select: row };
  };
  switch (event.key) {
    case 'ArrowDown':
      return go(at + 1);
    case 'ArrowUp':
      return go(at - 1);
    case 'PageDown':
      return go(at + PAGE);
    case 'PageUp':
      return go(at - PAGE);
    case 'Home':
      return go(0);
    case 'End':
      return go(rows.length - 1);
    default:
      return at < 0 ? null : rowKey(event.key, place, rows[at + 1]);
  }
}

function rowKey(key: string, place: TreePlace, next: number | undefined): TreeMove | null {
  const { active, root, parent } = place;
  const open = place.isOpen(active);
  switch (key) {
    case 'ArrowRight':
      if (open === false) return { toggle: active };
      return open === true && next !== undefined && parent[next] === active ? { select: next } : {};
    case 'ArrowLeft':
      if (active === root) return {};
      return open === true ? { toggle: active } : { select: parent[active] ?? root };
    case 'Enter':
      return { focus: active };
    default:
      return null;
  }
}
