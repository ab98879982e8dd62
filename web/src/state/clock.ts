/** The moment that "now" means, the same for every request of one refresh, so that all parts of the page agree. */
import { isLive } from '../model/time_range';
import { Atom } from './atom';
import { view } from './view';

/** Profiles come in windows of ten seconds: asking more often shows nothing new. */
const REFRESH_MS = 10_000;

export const now = new Atom(Date.now());

export function refresh(): void {
  now.set(Date.now());
}

export function startClock(): void {
  let last = view.get();
  view.watch(() => {
    const next = view.get();
    // A newly chosen range means the present moment, not the one of the last refresh.
    if (next.from !== last.from || next.until !== last.until || (next.live && !last.live)) refresh();
    last = next;
  });
  // Nothing is redrawn under a pointer that drags a range.
  let held = false;
  window.addEventListener('pointerdown', () => (held = true));
  for (const end of ['pointerup', 'pointercancel']) window.addEventListener(end, () => (held = false));
  setInterval(() => {
    const shown = view.get();
    if (shown.live && isLive(shown) && !held && document.visibilityState === 'visible') refresh();
  }, REFRESH_MS);
}
