/** What can be done with a row of a table: the menu that frames have, for those who read and do not point at a picture. */
import { useState } from 'preact/hooks';
import type { Point } from './flame_tooltip';
import { FrameMenu, type FrameAction } from './frame_menu';

export interface RowActions {
  readonly title: string;
  readonly actions: readonly FrameAction[];
}

export interface RowMenu {
  readonly row: number;
  readonly point: Point;
}

/** Opens by the right button, a long press or the menu key, or by the button of the selected row. */
export function useRowMenu(): {
  readonly menu: RowMenu | null;
  /** `element` is where the menu goes that was asked for by key. */
  readonly open: (row: number, event: MouseEvent, element?: Element | null) => void;
  readonly close: () => void;
} {
  const [menu, setMenu] = useState<RowMenu | null>(null);
  const [opener, setOpener] = useState<Element | null>(null);
  const open = (row: number, event: MouseEvent, element?: Element | null): void => {
    event.preventDefault();
    event.stopPropagation();
    setOpener(document.activeElement);
    setMenu({ row, point: pointOf(event, element ?? event.target) });
  };
  const close = (): void => {
    setMenu(null);
    if (opener instanceof HTMLElement) opener.focus();
  };
  return { menu, open, close };
}

/** Where the pointer is; by key, which has none, below the element. */
function pointOf(event: MouseEvent, element: EventTarget | null): Point {
  const byPointer = event.button === 2 || event.detail > 0;
  if (byPointer || !(element instanceof Element)) return { x: event.clientX, y: event.clientY };
  const { left, bottom } = element.getBoundingClientRect();
  return { x: left, y: bottom };
}

export function ShownRowMenu(props: {
  readonly menu: RowMenu;
  readonly actionsOf: (row: number) => RowActions | null;
  readonly onClose: () => void;
}) {
  const shown = props.actionsOf(props.menu.row);
  if (shown === null || shown.actions.length === 0) return null;
  return <FrameMenu title={shown.title} point={props.menu.point} actions={shown.actions} onClose={props.onClose} />;
}

/** In the selected row, for hands without a right button. */
export function RowMenuButton(props: { readonly title: string; readonly onOpen: (event: MouseEvent) => void }) {
  return (
    <button
      type="button"
      class="row-more"
      title="What to do with it"
      aria-label={`What to do with ${props.title}`}
      aria-haspopup="menu"
      data-testid="row-menu"
      onClick={props.onOpen}
    >
      ⋯
    </button>
  );
}
