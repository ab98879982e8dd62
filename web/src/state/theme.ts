/** Light or dark: the system's choice until one is made here. Kept in this browser, since it is not part of a view. */
import type { Theme } from '../model/colors';
import { Atom } from './atom';

const KEY = 'phlox-theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');

export const theme = new Atom<Theme>(initial());

export function toggleTheme(): void {
  const next = theme.get() === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing still switches for as long as the page is open.
  }
  theme.set(next);
}

export function startTheme(): void {
  const apply = (): void => {
    document.documentElement.dataset['theme'] = theme.get();
  };
  theme.watch(apply);
  system.addEventListener('change', () => {
    if (chosen() === null) theme.set(initial());
  });
  apply();
}

function initial(): Theme {
  return chosen() ?? (system.matches ? 'dark' : 'light');
}

function chosen(): Theme | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === 'dark' || kept === 'light' ? kept : null;
  } catch {
    return null;
  }
}
