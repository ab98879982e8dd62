/** All styles, in this order: what comes later may refine what comes before. */
import './theme.css';
import './controls.css';
import './explore.css';
import './flame_graph.css';
import './table.css';
import './compare.css';
import './messages.css';
