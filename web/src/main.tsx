/** The page of phlox: stores start, then the components draw them. */
import { render } from 'preact';
import { startClock } from './state/clock';
import { openNamedView } from './state/documents';
import { startHandle } from './state/handle';
import { startQueries } from './state/queries';
import { startTheme } from './state/theme';
import { followHistory } from './state/view';
import { App } from './view/app';
// In this order: what comes later may refine what comes before.
import './style/theme.css';
import './style/controls.css';
import './style/explore.css';
import './style/flame_graph.css';
import './style/table.css';
import './style/compare.css';
import './style/messages.css';

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
