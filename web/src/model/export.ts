/** What is shown, as files that need nothing of this page. */
import type { Comparison, Profile } from './answers';
import type { Functions } from './tree';

/** A rectangle of a drawn graph, in CSS pixels. */
export interface DrawnBox {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
  readonly ink: string;
}

const CHARACTER_WIDTH = 7.2;

/** A picture with each whole name as a title, so that what does not fit can be read under the pointer. */
export function svgOf(boxes: readonly DrawnBox[], width: number, height: number): string {
  const drawn = boxes.map((box) => {
    const { x, y, fill, ink } = box;
    const room = Math.floor((box.width - 8) / CHARACTER_WIDTH);
    const name = escapeXml(box.name);
    const text =
      room < 2 ? '' : escapeXml(box.name.length <= room ? box.name : `${box.name.slice(0, room - 1)}…`);
    const place = `x="${(x + 4).toFixed(1)}" y="${(y + box.height / 2 + 4).toFixed(1)}"`;
    const rect = `<rect x="${x.toFixed(2)}" y="${y.toFixed(2)}" width="${box.width.toFixed(2)}" height="${box.height - 1}" fill="${fill}"/>`;
    return `<g><title>${name}</title>${rect}${text === '' ? '' : `<text ${place} fill="${ink}">${text}</text>`}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="monospace" font-size="12">`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

export type Cell = string | number | bigint;

/** RFC 4180. A text that a spreadsheet would take for a formula gets a quote in front. */
export function csvOf(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

/** The table of a profile with its exact sums. */
export function profileCsv(profile: Profile): string {
  const { table, functions, unit } = profile;
  const rows = Array.from(table.function, (at, row) => [
    ...functionCells(functions, at),
    table.self.exact(row),
    table.total.exact(row),
  ]);
  return csvOf([...FUNCTION_HEAD, `self ${unit}`, `total ${unit}`], rows);
}

/** The table of a comparison with the exact sums of both sides. Sides may cover different times. */
export function diffCsv(comparison: Comparison): string {
  const { table, functions, unit } = comparison;
  const rows = Array.from(table.function, (at, row) => [
    ...functionCells(functions, at),
    ...[...table.self, ...table.total].map((column) => column.exact(row)),
  ]);
  const head = ['self', 'total'].flatMap((what) =>
    ['baseline', 'comparison'].map((side) => `${what} ${unit} ${side}`),
  );
  return csvOf([...FUNCTION_HEAD, ...head], rows);
}

/** What every row says of its function. */
function functionCells(functions: Functions, at: number): readonly Cell[] {
  return [
    functions.name[at] ?? '',
    functions.file[at] ?? '',
    functions.line[at] ?? 0,
    functions.module[at] ?? '',
    functions.kind[at] ?? '',
  ];
}

const FUNCTION_HEAD = ['function', 'file', 'line', 'module', 'kind'];

function csvCell(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Characters that XML does not know at all are left out. */
function escapeXml(text: string): string {
  const marks: { readonly [mark: string]: string } = {
    '<': '&lt;',
    '>': '&gt;',
    '&': '&amp;',
    '"': '&quot;',
  };
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[<>&"]/g, (mark) => marks[mark] ?? '');
}
