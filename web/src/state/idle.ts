/** Work that the picture does not wait for. */

/** Longer than this nothing waits, however busy the page is. */
const PATIENCE_MS = 1000;

/** Calls `work` once, when the browser has nothing else to do. */
export function whenIdle(work: () => void): void {
  // Not every browser tells when it is idle.
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: PATIENCE_MS });
  else setTimeout(work, PATIENCE_MS / 20);
}
