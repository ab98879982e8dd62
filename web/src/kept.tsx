/** The page that is kept in one file: it shows what the file holds. */
import { render } from 'preact';
import { parseView } from './model/url_state';
import { startHandle } from './state/handle';
import { openKept } from './state/kept';
import { startTheme } from './state/theme';
import { followHistory, view } from './state/view';
import { KeptPage } from './view/kept_page';
import './style';

async function start(home: HTMLElement): Promise<void> {
  startTheme();
  startHandle();
  const kept = await openKept();
  // Whoever opens the file sees what was kept; a reload or "back" what was looked at since.
  const address = location.search === '' ? kept.view : location.search;
  const page = 'comparison' in kept.shown ? 'compare' : 'explore';
  view.set({ ...parseView(address), page, type: kept.type });
  followHistory();
  render(<KeptPage kept={kept} />, home);
}

const home = document.getElementById('app');
if (home !== null)
  start(home).catch((error: unknown) => {
    home.textContent = `This file cannot be shown: ${error instanceof Error ? error.message : String(error)}`;
  });
