import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Point } from './flame_tooltip';
import { useDismiss } from './hooks';

export interface FrameAction {
  readonly title: string;
  readonly testid: string;
  readonly run: () => void;
}

/** What can be done with a frame, at the place where it was asked for. Arrow keys move, Escape closes. */
export function FrameMenu(props: {
  readonly title: string;
  readonly point: Point;
  readonly actions: readonly FrameAction[];
  readonly onClose: () => void;
}) {
  const { point, actions, onClose } = props;
  const element = useDismiss(true, onClose);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector('button')?.focus(), []);
  useLayoutEffect(() => {
    const box = element.current;
    if (box === null) return;
    box.style.left = `${Math.max(4, Math.min(point.x, innerWidth - box.offsetWidth - 4))}px`;
    box.style.top = `${Math.max(4, Math.min(point.y, innerHeight - box.offsetHeight - 4))}px`;
  });
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  };
  return (
    <div class="frame-menu" ref={element} onKeyDown={press} data-testid="frame-menu">
      <p class="tooltip-name">{props.title}</p>
      <div ref={list} role="menu" aria-label={`What to do with ${props.title}`}>
        {actions.map((action) => (
          <button
            key={action.testid}
            type="button"
            role="menuitem"
            data-testid={action.testid}
            onClick={() => {
              onClose();
              action.run();
            }}
          >
            {action.title}
          </button>
        ))}
      </div>
    </div>
  );
}
