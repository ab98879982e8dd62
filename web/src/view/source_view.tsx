/** A source file with the heat of each line: where in a function the time goes. */
import { useMemo } from 'preact/hooks';
import { divisorOf, formatAmount, formatRate, formatShare, ratio, type Measure } from '../model/cores';
import {
  parsePlace,
  parseSource,
  SOURCE_COLUMNS,
  sourceLines,
  sourceRows,
  type Source,
  type SourceColumn,
  type SourceLines,
} from '../model/source';
import { parseSort } from '../model/table';
import type { View } from '../model/url_state';
import { sourceRequest } from '../state/queries';
import { navigate } from '../state/view';
import { DataTable, type Column } from './data_table';
import { useAnswer } from './hooks';
import { Failure } from './messages';

/** Of the accent in the ground, for the hottest line: text on it keeps its contrast. */
const HOTTEST = 40;

export interface SourceViewProps {
  readonly shown: View;
  readonly measure: Measure;
}

export function SourceView(props: SourceViewProps) {
  const { shown, measure } = props;
  const { file, line } = parsePlace(shown.source);
  const loaded = useAnswer(parseSource, sourceRequest(shown, file));
  const { value } = loaded;
  const self = value?.self.near.reduce((sum, part) => sum + part, 0) ?? 0;
  return (
    <section class="source" aria-label={`Source of ${file}`} data-testid="source">
      <div class="frames-bar">
        <p data-testid="source-total">
          <b>{file}</b>
          {value !== null &&
            ` ${formatRate(measure, ratio(self, divisorOf(measure, value.side)))} self, ${formatShare(ratio(self, Number(value.side.total)))}`}
        </p>
        <span class="spring" />
        <button type="button" data-testid="source-close" onClick={() => navigate({ source: '', sort: '' })}>
          Back to the graph
        </button>
      </div>
      {loaded.error !== null && <Failure message={loaded.error} />}
      {value === null && loaded.error === null && <p class="message">Loading…</p>}
      {value !== null && (
        <>
          {shown.operators.length > 0 && <p class="hint">Lines are counted without the transforms.</p>}
          {value.text === null && (
            <p class="hint" data-testid="no-text">
              Lines without their text: {value.noText}.
            </p>
          )}
          <Lines {...props} source={value} line={line} />
        </>
      )}
    </section>
  );
}

function Lines(props: SourceViewProps & { readonly source: Source; readonly line: number }) {
  const { shown, measure, source } = props;
  const order = parseSort(shown.sort, SOURCE_COLUMNS, { column: 'line', descending: false });
  const lines = useMemo(() => sourceLines(source), [source]);
  const rows = useMemo(() => sourceRows(source, lines, order), [source, order.column, order.descending]);
  const columns = useMemo(() => columnsOf(source, lines, measure), [source, lines, measure]);
  return (
    <DataTable
      id="source"
      caption="Lines of the file with their self and total values"
      columns={columns}
      rows={rows}
      functionOf={() => -1}
      order={order}
      onSelect={() => undefined}
      leftOut={0}
      empty="Nothing of this file was on the CPU."
      marked={lines.line.indexOf(props.line)}
    />
  );
}

function columnsOf(source: Source, lines: SourceLines, measure: Measure): readonly Column<SourceColumn>[] {
  const divisor = divisorOf(measure, source.side);
  const whole = Number(source.side.total);
  const hottest = source.self.near.reduce((most, value) => Math.max(most, value), 0);
  const value = (column: Source['self']) => (row: number) => {
    const amount = column.near[lines.value[row] ?? -1];
    if (amount === undefined) return '';
    return (
      <span class="value">
        {formatAmount(measure, ratio(amount, divisor))} <span class="share">{formatShare(ratio(amount, whole))}</span>
      </span>
    );
  };
  const heat = (row: number): number => ratio(source.self.near[lines.value[row] ?? -1] ?? 0, hottest);
  return [
    { name: 'line', title: 'Line', numeric: true, cell: (row) => (lines.line[row] === 0 ? '?' : lines.line[row]) },
    { name: 'self', title: 'Self', unit: measure.unit, numeric: true, cell: value(source.self) },
    { name: 'total', title: 'Total', unit: measure.unit, numeric: true, cell: value(source.total) },
    {
      name: 'code',
      title: 'Code',
      numeric: false,
      cell: (row) => (
        <code
          data-testid="code"
          style={{
            background: `color-mix(in srgb, var(--accent) ${Math.round(heat(row) * HOTTEST)}%, transparent)`,
          }}
        >
          {textOf(source, lines.line[row] ?? 0)}
        </code>
      ),
    },
  ];
}

function textOf(source: Source, line: number): string {
  if (line === 0) return 'frames that say no line';
  return source.text?.[line - 1] ?? '';
}
