/** The view that all of the page answers: a wait that is cancelled leads back to it. */
import type { View } from '../model/url_state';
import { now } from './clock';
import { busy } from './query';
import { navigate, view } from './view';

/** Longer than a request waits for the typing hand to rest (hooks.ts). */
const SETTLING_MS = 400;

let settled: { readonly view: View; readonly moment: number } | null = null;

/** `hasAnswer`: whether the view has what it is about. A view that failed is nothing to return to. */
export function startSettling(hasAnswer: (shown: View) => boolean): void {
  let timer = 0;
  const settle = (): void => {
    settled = { view: view.get(), moment: now.get() };
  };
  const later = (): void => {
    // The first answer is better than nothing, though others may still be on their way.
    if (settled === null && hasAnswer(view.get())) settle();
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (busy.get().size === 0 && hasAnswer(view.get())) settle();
    }, SETTLING_MS);
  };
  view.watch(later);
  busy.watch(later);
  later();
}

/** The address, and with it every field and chip, says again what is shown. */
export function returnToSettled(): void {
  if (settled === null) return;
  const { view: shown, moment } = settled;
  navigate(shown, 'replace');
  now.set(moment);
}
