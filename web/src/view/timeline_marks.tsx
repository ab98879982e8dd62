/** Annotations over the plot: each a line at its moment, with a flag that can be opened. */
import type { Range } from '../model/answers';
import { annotationsOf, type Annotation } from '../model/documents';
import { aroundMoment } from '../model/presets';
import { formatTime } from '../model/time_range';
import type { View } from '../model/url_state';
import { annotations, remove } from '../state/documents';
import { navigate } from '../state/view';
import { useAtom } from './hooks';
import { Menu } from './menu';
import { PLOT_EDGES } from './timeline_options';

export function TimelineMarks(props: { readonly shown: View; readonly range: Range }) {
  const { shown, range } = props;
  const all = useAtom(annotations.state).value ?? [];
  const inRange = annotationsOf(all, shown.query).filter(
    ({ atMs }) => atMs >= range.fromMs && atMs < range.untilMs,
  );
  const { top, right, bottom, left } = PLOT_EDGES;
  return (
    <div class="marks" style={{ inset: `${top}px ${right}px ${bottom}px ${left}px` }} data-testid="marks">
      {inRange.map((entry) => (
        <Mark
          key={entry.id}
          annotation={entry}
          shown={shown}
          place={(entry.atMs - range.fromMs) / (range.untilMs - range.fromMs)}
        />
      ))}
    </div>
  );
}

function Mark(props: { readonly annotation: Annotation; readonly shown: View; readonly place: number }) {
  const { annotation, shown, place } = props;
  return (
    <div
      class={`mark ${place > 0.75 ? 'mark-late' : ''}`}
      style={{ left: `${place * 100}%` }}
      data-testid="mark"
    >
      <Menu title={annotation.text} label={`${annotation.text}: what to do`} testid="mark-menu">
        {(close) => (
          <div class="mark-panel">
            <p>{formatTime(annotation.atMs, shown.utc, true)}</p>
            <button
              type="button"
              data-testid="mark-compare"
              onClick={() => navigate(aroundMoment(shown, annotation.atMs))}
            >
              Compare before with after
            </button>
            <button
              type="button"
              data-testid="mark-remove"
              onClick={() => {
                void remove('annotations', 'id', annotation.id);
                close();
              }}
            >
              Remove this mark
            </button>
          </div>
        )}
      </Menu>
    </div>
  );
}
