/**
 * Answers whose columns are bytes (docs/api.md, "Columns as bytes"), put in their place while they arrive: with the last byte
 * the columns are there. Of a whole answer (Response.arrayBuffer) the browser then only begins to join the pieces.
 */
import { WholeColumn } from './columns';
import { FormatError, record, small, text, whole, type Json } from './decode';

export const COLUMNS_TYPE = 'application/vnd.phlox.columns';

const MAGIC = 'PHLOXCOL';
const VERSION = 1;
const HEAD_BYTES = 16;
/** More rows than any answer has: they cost the sender nothing, but us. */
const MOST_ZEROS = 1 << 23;
/** More than any answer has before its columns, or in them. */
const MOST_BYTES = 2 ** 30;
const FAULT = "the columns in the server's answer are damaged";

export class ColumnsReader {
  /** What is being filled: the head, then the JSON, then the columns. */
  private part: 'head' | 'json' | 'columns' = 'head';
  private bytes = new Uint8Array(HEAD_BYTES);
  private filled = 0;
  private json: unknown = null;

  /** Takes the next piece of the answer, however long. What follows the columns is padding. */
  add(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0 && this.filled < this.bytes.length) {
      const taken = rest.subarray(0, this.bytes.length - this.filled);
      this.bytes.set(taken, this.filled);
      this.filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.filled === this.bytes.length) this.goOn();
    }
  }

  /** The answer as its JSON would be parsed, with typed columns in it. They share one buffer. */
  finish(): unknown {
    if (this.part !== 'columns' || this.filled < this.bytes.length) throw new FormatError(FAULT);
    return withColumns(this.json, { bytes: this.bytes.buffer, zeros: new Map() });
  }

  /** From a part that is whole to the next one. */
  private goOn(): void {
    if (this.part === 'head') {
      this.begin('json', jsonSize(this.bytes));
    } else if (this.part === 'json') {
      this.json = JSON.parse(new TextDecoder().decode(this.bytes));
      this.begin('columns', columnsSize(this.json));
    }
  }

  private begin(part: 'json' | 'columns', size: number): void {
    if (size > MOST_BYTES) throw new FormatError(FAULT);
    this.part = part;
    this.bytes = new Uint8Array(size);
    this.filled = 0;
  }
}

function jsonSize(bytes: Uint8Array): number {
  const head = new DataView(bytes.buffer);
  const magic = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  const size = head.getUint32(12, true);
  if (magic !== MAGIC || head.getUint32(8, true) !== VERSION || size === 0) throw new FormatError(FAULT);
  return size;
}

/** Bytes up to the end of the last column. */
function columnsSize(json: unknown): number {
  let size = 0;
  for (const child of membersOf(json)) size = Math.max(size, isColumn(child) ? placeOf(child).end : columnsSize(child));
  return size;
}

interface Source {
  readonly bytes: ArrayBufferLike;
  /** Columns of nothing but zeros by their length; equal ones are one. */
  readonly zeros: Map<number, WholeColumn>;
}

/** Replaces what stands for a column. */
function withColumns(value: unknown, source: Source): unknown {
  if (isColumn(value)) return columnOf(value, source);
  if (Array.isArray(value)) return mayHoldColumns(value) ? value.map((entry) => withColumns(entry, source)) : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, withColumns(entry, source)]));
}

function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return mayHoldColumns(value) ? value : [];
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

/** Lists of names are long and hold none, so they are not searched. */
function mayHoldColumns(values: readonly unknown[]): boolean {
  return typeof values[0] === 'object';
}

function isColumn(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'column') === 'string';
}

interface Place {
  readonly type: 'i32' | 'f64' | 'zeros';
  readonly at: number;
  readonly count: number;
  readonly end: number;
}

function placeOf(column: Json): Place {
  const type = text(column['column'], 'column');
  const count = small(column['count'], 'count');
  const at = type === 'zeros' ? 0 : small(column['at'], 'at');
  if (count < 0 || at < 0 || at % 8 !== 0 || (type === 'zeros' && count > MOST_ZEROS)) throw new FormatError(FAULT);
  if (type === 'zeros') return { type, at, count, end: 0 };
  if (type !== 'i32' && type !== 'f64') throw new FormatError(FAULT);
  return { type, at, count, end: at + count * (type === 'i32' ? 4 : 8) };
}

function columnOf(column: Json, { bytes, zeros }: Source): Int32Array | WholeColumn {
  const { type, at, count } = placeOf(column);
  if (type === 'i32') return new Int32Array(bytes, at, count);
  if (type === 'zeros') {
    const known = zeros.get(count) ?? WholeColumn.zeros(count);
    zeros.set(count, known);
    return known;
  }
  const large = Object.entries(record(column['large'] ?? {}, 'large'));
  return WholeColumn.packed(
    new Float64Array(bytes, at, count),
    new Map(large.map(([index, value]) => [Number(index), whole(value, 'large')])),
  );
}
