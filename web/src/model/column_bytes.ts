/**
 * Answers whose columns are bytes (docs/api.md, "Columns as bytes"). The columns become views into the answer itself:
 * nothing is copied, so the answer stays in memory for as long as one of them.
 */
import { WholeColumn } from './columns';
import { FormatError, record, small, text, whole } from './decode';

export const COLUMNS_TYPE = 'application/vnd.phlox.columns';

const MAGIC = 'PHLOXCOL';
const VERSION = 1;
const HEAD_BYTES = 16;
/** More rows than any answer has: they cost the sender nothing, but us. */
const MOST_ZEROS = 1 << 23;
const FAULT = "the columns in the server's answer are damaged";

/** The answer as its JSON would be parsed, with typed columns in it. */
export function parseColumns(answer: ArrayBuffer): unknown {
  if (answer.byteLength < HEAD_BYTES) throw new FormatError(FAULT);
  const head = new DataView(answer);
  const magic = new TextDecoder().decode(new Uint8Array(answer, 0, MAGIC.length));
  const size = head.getUint32(12, true);
  if (magic !== MAGIC || head.getUint32(8, true) !== VERSION || HEAD_BYTES + size > answer.byteLength)
    throw new FormatError(FAULT);
  const json: unknown = JSON.parse(new TextDecoder().decode(new Uint8Array(answer, HEAD_BYTES, size)));
  return withColumns(json, { answer, start: HEAD_BYTES + size, zeros: new Map() });
}

interface Source {
  readonly answer: ArrayBuffer;
  /** Where the columns begin. */
  readonly start: number;
  /** Columns of nothing but zeros by their length; equal ones are one. */
  readonly zeros: Map<number, WholeColumn>;
}

/** Replaces what stands for a column. Lists of names are long and hold none, so they are not searched. */
function withColumns(value: unknown, source: Source): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const [first]: readonly unknown[] = value;
    return typeof first === 'object' ? value.map((entry) => withColumns(entry, source)) : value;
  }
  const entries = record(value, 'answer');
  if (typeof entries['column'] === 'string') return columnOf(entries, source);
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [name, withColumns(entry, source)]),
  );
}

function columnOf(
  place: { readonly [field: string]: unknown },
  source: Source,
): Int32Array | WholeColumn {
  const { answer, start } = source;
  const type = text(place['column'], 'column');
  const count = small(place['count'], 'count');
  if (type === 'zeros') return zerosOf(count, source);
  const at = start + small(place['at'], 'at');
  const width = type === 'i32' ? 4 : 8;
  if ((type !== 'i32' && type !== 'f64') || at < start || count < 0 || at % 8 !== 0)
    throw new FormatError(FAULT);
  if (at + count * width > answer.byteLength) throw new FormatError(FAULT);
  if (type === 'i32') return new Int32Array(answer, at, count);
  const large = Object.entries(record(place['large'] ?? {}, 'large'));
  return WholeColumn.packed(
    new Float64Array(answer, at, count),
    new Map(large.map(([index, value]) => [Number(index), whole(value, 'large')])),
  );
}

function zerosOf(count: number, source: Source): WholeColumn {
  if (count < 0 || count > MOST_ZEROS) throw new FormatError(FAULT);
  const zeros = source.zeros.get(count) ?? WholeColumn.zeros(count);
  source.zeros.set(count, zeros);
  return zeros;
}
