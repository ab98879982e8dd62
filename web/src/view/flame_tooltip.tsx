import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** A point of the window, in CSS pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

const GAP = 14;

/** A box beside a point, kept inside of the window. */
export function FlameTooltip(props: { readonly point: Point; readonly children: ComponentChildren }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = element.current;
    if (box === null) return;
    const { x, y } = props.point;
    const left = x + GAP + box.offsetWidth > innerWidth ? x - GAP - box.offsetWidth : x + GAP;
    const top = y + GAP + box.offsetHeight > innerHeight ? y - GAP - box.offsetHeight : y + GAP;
    box.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  });
  return (
    <div class="tooltip" role="tooltip" ref={element} data-testid="tooltip">
      {props.children}
    </div>
  );
}
