import { describe, expect, it } from 'vitest';
import { ColumnsReader } from './column_bytes';
import { WholeColumn } from './columns';
import { indexColumn, pair, record, wholeColumn } from './decode';

/** An answer as the server writes it: see docs/api.md. */
function answer(json: unknown, columns: Uint8Array, version = 1): Uint8Array {
  const plain = JSON.stringify(json);
  const text = new TextEncoder().encode(plain.padEnd(Math.ceil(plain.length / 8) * 8));
  const bytes = new Uint8Array(16 + text.length + columns.length);
  bytes.set(new TextEncoder().encode('PHLOXCOL'));
  new DataView(bytes.buffer).setUint32(8, version, true);
  new DataView(bytes.buffer).setUint32(12, text.length, true);
  bytes.set(text, 16);
  bytes.set(columns, 16 + text.length);
  return bytes;
}

/** The answer in pieces of at most so many bytes. */
function parse(bytes: Uint8Array, most = bytes.length): unknown {
  const reader = new ColumnsReader();
  for (let at = 0; at < bytes.length; at += most) reader.add(bytes.subarray(at, at + most));
  return reader.finish();
}

const DEPTHS = new Uint8Array(Int32Array.of(0, 1, 2, 0).buffer);
const SELVES = new Uint8Array(Float64Array.of(7, 2 ** 53).buffer);
const BOTH = Uint8Array.of(...DEPTHS, ...SELVES);
const self = { column: 'f64', at: 16, count: 2, large: { 1: '9007199254740993' } };
const json = {
  tree: { depth: { column: 'i32', at: 0, count: 3 }, self, both: [self, self] },
  names: ['a', 'b'],
  left: 3,
};

describe('columns as bytes', () => {
  it.each([1, 7, 16, 1000])('are read in pieces of %i bytes', (most) => {
    const parsed = record(parse(answer(json, BOTH), most), 'answer');
    const tree = record(parsed['tree'], 'tree');
    const depth = indexColumn(tree['depth'], 'depth');
    expect([...depth]).toEqual([0, 1, 2]);
    const column = wholeColumn(tree['self'], 'self');
    expect(depth.buffer).toBe(column.near.buffer);
    expect([column.exact(0), column.exact(1)]).toEqual([7n, 9007199254740993n]);
    expect(pair(tree['both'], 'both', wholeColumn)[1]).toBeInstanceOf(WholeColumn);
    expect([parsed['names'], parsed['left']]).toEqual([['a', 'b'], 3]);
  });

  it('of zeros alone are one, however many', () => {
    const zeros = { column: 'zeros', count: 3 };
    const parsed = record(parse(answer({ a: zeros, b: zeros }, BOTH)), 'answer');
    const column = wholeColumn(parsed['a'], 'a');
    expect([...column.near]).toEqual([0, 0, 0]);
    expect(parsed['b']).toBe(column);
  });

  it('may be followed by padding, and be none', () => {
    expect(parse(answer({ a: 1 }, BOTH), 5)).toEqual({ a: 1 });
  });

  it.each([
    ['of too many zeros', answer({ x: { column: 'zeros', count: 2 ** 40 } }, BOTH)],
    ['cut short', answer(json, DEPTHS)],
    ['of another version', answer(json, BOTH, 2)],
    ['beginning in the middle of a number', answer({ x: { column: 'f64', at: 4, count: 1 } }, BOTH)],
    ['of an unknown type', answer({ x: { column: 'f32', at: 0, count: 1 } }, BOTH)],
    ['of a negative length', answer({ x: { column: 'f64', at: 0, count: -1 } }, BOTH)],
    ['of more bytes than there can be', answer({ x: { column: 'f64', at: 2 ** 40, count: 1 } }, BOTH)],
    ['without JSON', answer(json, BOTH).subarray(0, 16)],
    ['in nothing', new Uint8Array(0)],
  ])('are refused %s', (_, bytes) => {
    expect(() => parse(bytes)).toThrow('damaged');
  });
});
