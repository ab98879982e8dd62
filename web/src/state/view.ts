/** What the page shows. The address bar is its only memory: back, forward and a pasted link all come through here. */
import { formatView, parseView, type View } from '../model/url_state';
import type { Window } from '../model/layout';
import { formatZoom, parseZoom } from '../model/zoom';
import { Atom } from './atom';

export const view = new Atom<View>(parseView(location.search));

/** `push` for a step that "back" should undo, `replace` for what follows typing or is chosen for the user. */
export function navigate(change: Partial<View>, history: 'push' | 'replace' = 'push'): void {
  const next = { ...view.get(), ...change };
  const address = formatView(next);
  if (address === formatView(view.get())) return;
  // Without a query string the address must still be a path, "" would leave the old query in place.
  const url = address === '' ? location.pathname : address;
  try {
    if (history === 'push') window.history.pushState(null, '', url);
    else window.history.replaceState(null, '', url);
  } catch {
    // Some browsers let a file not change its address; it then forgets its view when it is closed.
  }
  view.set(next);
}

/** Remembers the part of the width that a flame graph was moved to; who sees all of it is zoomed to no frame any more. */
export function movedTo(part: Window, history: 'push' | 'replace'): void {
  const key = part.span < 1 ? parseZoom(view.get().zoom).key : '';
  navigate({ zoom: formatZoom(key, part) }, history);
}

export function followHistory(): void {
  window.addEventListener('popstate', () => view.set(parseView(location.search)));
}
