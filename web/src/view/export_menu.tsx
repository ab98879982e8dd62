import type { Profile } from '../model/answers';
import { csvOf, FUNCTION_HEAD, functionCells } from '../model/export';
import type { View } from '../model/url_state';
import { download } from '../state/download';
import { graphOf } from '../state/handle';
import { exportAddress } from '../state/queries';
import { Menu } from './menu';

const FORMATS: readonly (readonly [string, string])[] = [
  ['pprof', 'pprof'],
  ['folded', 'Folded stacks'],
  ['speedscope', 'speedscope'],
];

/** What is shown, as files: profiles from the server, pictures and the table from the page. */
export function ExportMenu(props: { readonly shown: View; readonly profile: Profile }) {
  const { shown, profile } = props;
  const picture = (): void =>
    graphOf('main')
      ?.picture()
      .toBlob((blob) => blob && download('phlox.png', blob));
  const svg = (): void => {
    const text = graphOf('main')?.svg();
    if (text !== undefined) download('phlox.svg', new Blob([text], { type: 'image/svg+xml' }));
  };
  return (
    <Menu title="Export" label="Export" testid="export">
      {(close) => (
        <div class="menu-list" onClick={close}>
          {FORMATS.map(([format, title]) => (
            <a key={format} href={exportAddress(shown, format)} download data-testid={`export-${format}`}>
              {title}
            </a>
          ))}
          {shown.panes !== 'table' && (
            <>
              <button type="button" data-testid="export-png" onClick={picture}>
                Flame graph as PNG
              </button>
              <button type="button" data-testid="export-svg" onClick={svg}>
                Flame graph as SVG
              </button>
            </>
          )}
          <button type="button" data-testid="export-csv" onClick={() => saveTable(profile)}>
            Table as CSV
          </button>
        </div>
      )}
    </Menu>
  );
}

function saveTable(profile: Profile): void {
  const { table, functions, unit } = profile;
  const rows = Array.from(table.function, (at, row) => [
    ...functionCells(functions, at),
    table.self.exact(row),
    table.total.exact(row),
  ]);
  const text = csvOf([...FUNCTION_HEAD, `self ${unit}`, `total ${unit}`], rows);
  download('phlox.csv', new Blob([text], { type: 'text/csv' }));
}
