import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useDismiss } from './hooks';

/** A button with a panel below it. `children` gets a function that closes the panel. */
export function Menu(props: {
  readonly title: ComponentChildren;
  readonly label: string;
  readonly testid: string;
  readonly children: (close: () => void) => ComponentChildren;
}) {
  const [open, setOpen] = useState(false);
  const close = (): void => setOpen(false);
  const element = useDismiss(open, close);
  return (
    <div class="menu" ref={element}>
      <button
        type="button"
        aria-expanded={open}
        aria-label={props.label}
        data-testid={props.testid}
        onClick={() => setOpen(!open)}
      >
        {props.title}
      </button>
      {open && <div class="menu-panel">{props.children(close)}</div>}
    </div>
  );
}
