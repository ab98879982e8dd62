/** Readers for JSON of unknown shape. Each names the field it wanted, so that an error says what is wrong. */
import { toWhole, WholeColumn } from './columns';

export class FormatError extends Error {
  override readonly name = 'FormatError';
}

export interface Json {
  readonly [key: string]: unknown;
}

export function record(value: unknown, field: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new FormatError(`the server's answer has no object "${field}"`);
}

export function list(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new FormatError(`the server's answer has no list "${field}"`);
}

export function text(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw new FormatError(`the server's answer has no text "${field}"`);
}

export function texts(value: unknown, field: string): readonly string[] {
  return list(value, field).map((entry) => text(entry, field));
}

export function whole(value: unknown, field: string): bigint {
  try {
    return toWhole(value);
  } catch (error) {
    throw new FormatError(`"${field}" in the server's answer: ${String(error)}`);
  }
}

/** A whole number that is surely small: an index, a depth, a time in milliseconds. */
export function small(value: unknown, field: string): number {
  const exact = Number(whole(value, field));
  if (Number.isSafeInteger(exact)) return exact;
  throw new FormatError(`"${field}" in the server's answer is too large`);
}

export function wholeColumn(value: unknown, field: string): WholeColumn {
  if (value instanceof WholeColumn) return value;
  try {
    return WholeColumn.of(list(value, field));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw new FormatError(`"${field}" in the server's answer: ${String(error)}`);
  }
}

export function indexColumn(value: unknown, field: string): Int32Array {
  if (value instanceof Int32Array) return value;
  const values = list(value, field);
  const out = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const entry = values[i];
    if (typeof entry !== 'number') throw new FormatError(`"${field}" in the server's answer is not a number`);
    out[i] = entry;
  }
  return out;
}

export function pair<T>(
  value: unknown,
  field: string,
  each: (value: unknown, field: string) => T,
): readonly [T, T] {
  const both = list(value, field);
  return [each(both[0], field), each(both[1], field)];
}

export function sameLength(field: string, ...columns: readonly { readonly length: number }[]): void {
  const length = columns[0]?.length;
  if (columns.some((column) => column.length !== length)) {
    throw new FormatError(`the columns of "${field}" in the server's answer differ in length`);
  }
}
