/** The page of phlox: stores start, then the components draw them. */
import { render } from 'preact';
import { startClock } from './state/clock';
import { openNamedView } from './state/documents';
import { startHandle } from './state/handle';
import { startQueries } from './state/queries';
import { startTheme } from './state/theme';
import { followHistory } from './state/view';
import { App } from './view/app';
import './style';

const home = document.getElementById('app');
if (home !== null) {
  startTheme();
  startHandle();
  followHistory();
  openNamedView();
  startClock();
  startQueries();
  render(<App />, home);
}
