/**
 * What a sum means per unit of time. CPU time over covered time is a number of cores; counts and bytes become
 * rates; of gauges (what is alive right now) the server sends means.
 */
import type { Side } from './answers';

export interface Measure {
  readonly kind: 'cores' | 'rate' | 'gauge';
  /** Behind the number: "cores", "B/s". */
  readonly unit: string;
  readonly bytes: boolean;
}

/** Time that a core was used, allowed or withheld. Other times, as that spent waiting, use none. */
const CORES = new Set(['cpu', 'limit', 'throttled']);

const GAUGES = new Set(['inuse_space', 'inuse_objects', 'goroutine', 'goroutines']);

/** How values of a profile type `name:sample_type:sample_unit:period_type:period_unit` are shown. */
export function measureOf(type: string): Measure {
  const [, sample = '', unit = ''] = type.split(':');
  if (unit === 'nanoseconds')
    return { kind: 'cores', unit: CORES.has(sample) ? 'cores' : 's/s', bytes: false };
  const bytes = unit === 'bytes';
  const word = bytes ? 'B' : sample.replaceAll('_', ' ');
  if (GAUGES.has(sample)) return { kind: 'gauge', unit: word, bytes };
  return { kind: 'rate', unit: `${word}/s`, bytes };
}

/** CPU time of one request, when both sides say how many there were. */
export const PER_REQUEST: Measure = { kind: 'cores', unit: 'ms/req', bytes: false };

/** By what a value of this side is divided: covered time in the measure's unit, 0 without any data. */
export function divisorOf(measure: Measure, side: Pick<Side, 'coveredNs' | 'profiles'>): number {
  if (measure.kind === 'gauge') return side.profiles > 0 ? 1 : 0;
  const covered = Number(side.coveredNs);
  return measure.kind === 'cores' ? covered : covered / 1e9;
}

/** Value of one bucket of a timeline, null where there is no data. */
export function bucketRate(measure: Measure, value: number, coveredNs: number): number | null {
  // A look at a gauge takes no time, so a profile of one may cover none.
  if (measure.kind === 'gauge') return coveredNs > 0 || value > 0 ? value : null;
  if (coveredNs <= 0) return null;
  return measure.kind === 'cores' ? value / coveredNs : value / (coveredNs / 1e9);
}

export function ratio(value: number, whole: number): number {
  return whole > 0 ? value / whole : 0;
}

/** "1,204", rounded half away from zero. By hand: the first use of Intl takes 14 ms, before the first picture. */
export function formatWhole(value: number | bigint): string {
  const size = typeof value === 'bigint' ? value : BigInt(Math.round(Math.abs(value)));
  const digits = String(size).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return typeof value === 'number' && value < 0 && size !== 0n ? `-${digits}` : digits;
}

/** "0.655", "12.4", "1,204": about three digits that matter, never an exponent. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(value)) return '0';
  if (size >= 100) return formatWhole(value);
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 0.9995) return value.toFixed(2);
  if (size >= 0.0095) return value.toFixed(3);
  if (size >= 0.00095) return value.toFixed(4);
  return '<0.001';
}

/** A rate with its unit: "0.655 cores", "1.2 MB/s". */
export function formatRate(measure: Measure, value: number): string {
  return `${formatAmount(measure, value)} ${unitOf(measure, value)}`;
}

/** Only the number of `formatRate`, for columns whose head names the unit. */
export function formatAmount(measure: Measure, value: number): string {
  return formatNumber(measure.bytes ? value / bytePrefix(value).factor : value);
}

/** "+0.070", "−0.585", "0". */
export function formatChange(measure: Measure, value: number): string {
  const prefix = measure.bytes ? bytePrefix(value).name : '';
  const sign = value > 0 ? '+' : value < 0 ? '−' : '';
  return `${sign}${formatAmount(measure, Math.abs(value))}${prefix}`;
}

/** "75.0 %", "0.12 %". */
export function formatShare(share: number): string {
  const percent = share * 100;
  const size = Math.abs(percent);
  if (size === 0) return '0 %';
  if (size < 0.01) return '<0.01 %';
  return `${percent.toFixed(size < 0.995 ? 2 : 1)} %`;
}

/** A change of a share in points: "+50.8 pt", "−0.4 pt", "0 pt". */
export function formatPoints(change: number): string {
  const points = Math.abs(change * 100).toFixed(1);
  return points === '0.0' ? '0 pt' : `${change > 0 ? '+' : '−'}${points} pt`;
}

/** Nanoseconds as "2,947 s", "12 ms" - the exact sum behind a rate, for those who want to add up. */
export function formatNanoseconds(value: bigint): string {
  if (value >= 10_000_000_000n) return `${formatWhole(value / 1_000_000_000n)} s`;
  return `${formatWhole(value / 1_000_000n)} ms`;
}

function unitOf(measure: Measure, value: number): string {
  return measure.bytes ? bytePrefix(value).name + measure.unit : measure.unit;
}

function bytePrefix(value: number): { readonly name: string; readonly factor: number } {
  const size = Math.abs(value);
  if (size >= 1e9) return { name: 'G', factor: 1e9 };
  if (size >= 1e6) return { name: 'M', factor: 1e6 };
  if (size >= 1e3) return { name: 'k', factor: 1e3 };
  return { name: '', factor: 1 };
}
