import { useEffect, useRef, useState } from 'preact/hooks';
import { Atom } from '../state/atom';
import type { Request } from '../state/client';
import { busy, Query, type Loaded } from '../state/query';

const SETTLING_MS = 250;

/** The value of an atom; draws again when it changes. */
export function useAtom<T>(atom: Atom<T>): T {
  const [, redraw] = useState({});
  const value = atom.get();
  useEffect(() => {
    // It may have changed between drawing and watching.
    if (!Object.is(atom.get(), value)) redraw({});
    return atom.watch(() => redraw({}));
  }, [atom]);
  return value;
}

/** An answer that only one component needs. */
export function useAnswer<T>(parse: (answer: unknown) => T, request: Request | null): Loaded<T> {
  const [query] = useState(() => new Query(parse));
  const key = JSON.stringify(request);
  useEffect(() => query.ask(request), [query, key]);
  useEffect(() => () => query.ask(null), [query]);
  return useAtom(query.state);
}

/** The answer to this very request, null while it is on its way. Asked when the request stands still for a moment. */
export function useSettledAnswer<T>(parse: (answer: unknown) => T, request: Request | null): T | null {
  const loaded = useAnswer(parse, useSettled(request));
  return loaded.answers === JSON.stringify(request) ? loaded.value : null;
}

/** The answer for a part of the page that stays as it is until the next one is there, with what it was asked for. */
export interface Held<T> {
  readonly value: T;
  readonly name: string;
}

/** Like useSettledAnswer, but the last answer is held while the next one is on its way, as long as `of` is the same. */
export function useHeldAnswer<T>(
  parse: (answer: unknown) => T,
  request: Request | null,
  name: string,
  of: unknown,
): Held<T> | null {
  const fresh = useSettledAnswer(parse, request);
  const held = useRef<{ readonly answer: Held<T>; readonly of: unknown } | null>(null);
  if (request === null || held.current?.of !== of) held.current = null;
  if (request !== null && fresh !== null && held.current?.answer.value !== fresh)
    held.current = { answer: { value: fresh, name }, of };
  return held.current?.answer ?? null;
}

/** Does the parts of something one by one when the page has nothing else to do, unless the component is gone by then. */
export function useIdle(work: () => Iterator<unknown>, inputs: readonly unknown[]): void {
  useEffect(() => {
    // Not every browser tells when it is idle.
    if (typeof requestIdleCallback !== 'function') return undefined;
    const parts = work();
    const next = (): void => {
      if (parts.next().done !== true) handle = requestIdleCallback(next);
    };
    let handle = requestIdleCallback(next);
    return () => cancelIdleCallback(handle);
  }, inputs);
}

let pictured = false;

/**
 * Whether the first picture of the page has been drawn: what stands beside the graph does not make the reader wait for
 * that. Once it has, all is drawn at once.
 */
export function usePictured(): boolean {
  const [shown, show] = useState(pictured);
  // Effects run when the frame in which the graph draws itself has ended.
  useEffect(() => {
    pictured = true;
    show(true);
  }, []);
  return shown;
}

/** Whether anything is on its way. */
export function useBusy(): boolean {
  return useAtom(busy).size > 0;
}

/** A request as it was when it last stood still for a moment: typing must not ask at every key. */
function useSettled(request: Request | null): Request | null {
  const [settled, setSettled] = useState(request);
  const key = JSON.stringify(request);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(request), SETTLING_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return settled;
}

/** The value as it was when nothing was on its way: parts that arrive one by one are drawn once, but the first of all at once. */
export function useCalm<T>(value: T, busy: boolean, isShown: (value: T) => boolean): T {
  const kept = useRef(value);
  if (!busy || !isShown(kept.current)) kept.current = value;
  return kept.current;
}

/** Calls `away` on Escape and on a press outside of the element, while `open`. */
export function useDismiss(open: boolean, away: () => void): { readonly current: HTMLDivElement | null } {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const press = (event: Event): void => {
      if (event.target instanceof Node && element.current?.contains(event.target) !== true) away();
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') away();
    };
    document.addEventListener('pointerdown', press);
    document.addEventListener('keydown', key);
    return () => {
      document.removeEventListener('pointerdown', press);
      document.removeEventListener('keydown', key);
    };
  }, [open]);
  return element;
}
