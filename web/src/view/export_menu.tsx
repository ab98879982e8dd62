import { useRef, useState } from 'preact/hooks';
import type { Price } from '../model/money';
import type { View } from '../model/url_state';
import { explain } from '../state/client';
import { download } from '../state/download';
import { graphOf } from '../state/handle';
import { keptFile } from '../state/keep_file';
import { inFile } from '../state/kept';
import { exportAddress } from '../state/queries';
import { Menu } from './menu';

const FORMATS: readonly (readonly [string, string])[] = [
  ['pprof', 'pprof'],
  ['folded', 'Folded stacks'],
  ['speedscope', 'speedscope'],
];

export interface ExportProps {
  readonly shown: View;
  readonly price: Price | null;
  /** Which graph the pictures show; null where none is drawn. */
  readonly graph: 'main' | 'diff' | null;
  readonly csv: () => string;
}

/** What is shown, as files: profiles from the server, pictures, the table and the page itself from the page. */
export function ExportMenu(props: ExportProps) {
  const { shown, graph } = props;
  return (
    <Menu title="Export" label="Export" testid="export">
      {(close) => (
        <div class="menu-list">
          {!inFile() && <KeepFile shown={shown} price={props.price} onDone={close} />}
          {/* Formats of other tools hold one profile, not two. */}
          {!inFile() &&
            shown.page === 'explore' &&
            FORMATS.map(([format, title]) => (
              <a
                key={format}
                href={exportAddress(shown, format)}
                download
                data-testid={`export-${format}`}
                onClick={close}
              >
                {title}
              </a>
            ))}
          {graph !== null && (
            <>
              <FileButton title="PNG picture" name="png" onClick={() => (picture(graph), close())} />
              <FileButton title="SVG picture" name="svg" onClick={() => (drawing(graph), close())} />
            </>
          )}
          <FileButton title="CSV of the table" name="csv" onClick={() => (table(props.csv()), close())} />
        </div>
      )}
    </Menu>
  );
}

function FileButton(props: { readonly title: string; readonly name: string; readonly onClick: () => void }) {
  return (
    <button type="button" data-testid={`export-${props.name}`} onClick={props.onClick}>
      {props.title}
    </button>
  );
}

/** The page in one file. It asks the server for as much as fits, which may take a while and can be stopped. */
function KeepFile(props: {
  readonly shown: View;
  readonly price: Price | null;
  readonly onDone: () => void;
}) {
  const running = useRef<AbortController | null>(null);
  const [line, setLine] = useState('');
  const keep = async (): Promise<void> => {
    const stop = new AbortController();
    running.current = stop;
    try {
      const file = await keptFile(props.shown, props.price, stop.signal, setLine);
      download('phlox.html', new Blob([file], { type: 'text/html' }));
      setLine('');
      props.onDone();
    } catch (error) {
      setLine(stop.signal.aborted ? '' : explain(error));
    } finally {
      running.current = null;
    }
  };
  return (
    <>
      <FileButton title="One HTML file, for a mail" name="html" onClick={() => void keep()} />
      {line !== '' && (
        <p class="hint" role="status" data-testid="export-progress">
          {line}{' '}
          {running.current !== null && (
            <button
              type="button"
              class="small"
              data-testid="export-cancel"
              onClick={() => running.current?.abort()}
            >
              Cancel
            </button>
          )}
        </p>
      )}
    </>
  );
}

function picture(graph: string): void {
  graphOf(graph)
    ?.picture()
    .toBlob((blob) => blob && download('phlox.png', blob));
}

function drawing(graph: string): void {
  const text = graphOf(graph)?.svg();
  if (text !== undefined) download('phlox.svg', new Blob([text], { type: 'image/svg+xml' }));
}

function table(text: string): void {
  download('phlox.csv', new Blob([text], { type: 'text/csv' }));
}
