/**
 * Money. A bill is shared out: what a part of the baseline costs is its share of the baseline's cores times the
 * amount. A price of a core-hour needs no whole.
 */
import { formatWhole } from './cores';
import type { KeptPrice } from './documents';
import { parseSelector, serviceOf } from './selector';

export const PERS = ['year', 'month', 'core-hour'] as const;
export type Per = (typeof PERS)[number];

export interface Price {
  readonly amount: number;
  readonly per: Per;
}

const HOURS_A_YEAR = 365 * 24;

/** What amounts of money are for. */
export function spanOf(price: Price): 'year' | 'month' {
  return price.per === 'month' ? 'month' : 'year';
}

/** What `cores` cost where `wholeCores` cost the whole amount. Null without a price or without anything to share it. */
export function moneyOf(price: Price | null, cores: number, wholeCores: number): number | null {
  if (price === null) return null;
  if (price.per === 'core-hour') return price.amount * cores * HOURS_A_YEAR;
  if (wholeCores <= 0) return null;
  return (price.amount * cores) / wholeCores;
}

/** The price kept for a selection: that of its service, else the one for everything. */
export function keptPriceOf(kept: readonly KeptPrice[], query: string): KeptPrice | null {
  const service = serviceOf(parseSelector(query) ?? []);
  return (
    kept.find((entry) => service !== '' && serviceOf(parseSelector(entry.selector) ?? []) === service) ??
    kept.find((entry) => parseSelector(entry.selector)?.length === 0) ??
    null
  );
}

/** "100000", "100,000", "$100k", "1.5M" -> a number; null if it is none. */
export function parseAmount(text: string): number | null {
  const parts = /^\$?\s*(\d[\d,_\s]*(?:\.\d+)?)\s*([kKmM]?)$/.exec(text.trim());
  if (parts === null) return null;
  const factor = { k: 1e3, m: 1e6 }[(parts[2] ?? '').toLowerCase()] ?? 1;
  const amount = Number((parts[1] ?? '').replace(/[,_\s]/g, '')) * factor;
  return Number.isFinite(amount) && amount > 0 && amount <= 1e15 ? amount : null;
}

/** "$34,000", "$12.40", "−$66,000". */
export function formatMoney(amount: number): string {
  const size = Math.abs(amount);
  const text = size >= 100 ? formatWhole(size) : size.toFixed(2);
  if (size > 0 && size < 0.005) return '<$0.01';
  return `${amount < 0 ? '−' : ''}$${text}`;
}

/** The same with its sign, for differences. */
export function formatMoneyChange(amount: number): string {
  return amount > 0 ? `+${formatMoney(amount)}` : formatMoney(amount);
}
