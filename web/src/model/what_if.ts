/** What a change of some functions' cost would be worth: in cores, and in servers, which come whole. */
import { ratio } from './cores';
import { moneyOf, type Price } from './money';
import type { Values } from './series';

export interface Assumptions {
  readonly coresPerServer: number;
  /** How busy a server may be at the peak, in per cent. */
  readonly utilisation: number;
  /** Room above the peak, in per cent. */
  readonly headroom: number;
  readonly leastServers: number;
}

export const USUAL_ASSUMPTIONS: Assumptions = {
  coresPerServer: 4,
  utilisation: 70,
  headroom: 20,
  leastServers: 2,
};

/** "4,70,20,2" as in the address; the usual ones for anything else. */
export function parseAssumptions(text: string | null): Assumptions {
  const parts = (text ?? '').split(',').map(Number);
  const [coresPerServer = 0, utilisation = 0, headroom = -1, leastServers = -1] = parts;
  const fits =
    parts.length === 4 &&
    parts.every((part) => Number.isFinite(part) && part <= 1e6) &&
    coresPerServer > 0 &&
    utilisation > 0 &&
    utilisation <= 100 &&
    headroom >= 0 &&
    leastServers >= 0 &&
    Number.isInteger(leastServers);
  return fits ? { coresPerServer, utilisation, headroom, leastServers } : USUAL_ASSUMPTIONS;
}

export function formatAssumptions(assumptions: Assumptions): string {
  const { coresPerServer, utilisation, headroom, leastServers } = assumptions;
  return [coresPerServer, utilisation, headroom, leastServers].join(',');
}

/** How many servers carry a peak of that many cores. */
export function serversFor(peak: number, assumptions: Assumptions): number {
  const { coresPerServer, utilisation, headroom, leastServers } = assumptions;
  const needed = (peak * (1 + headroom / 100)) / (coresPerServer * (utilisation / 100));
  // A hair above a whole number is rounding of doubles and no server.
  return Math.max(leastServers, Math.ceil(needed - 1e-9));
}

/** How busy that many servers are with so many cores: 0.5 for half of what they have. */
export function utilisationOf(cores: number, servers: number, { coresPerServer }: Assumptions): number {
  return ratio(cores, servers * coresPerServer);
}

export interface Load {
  readonly mean: number;
  readonly p99: number;
  readonly peak: number;
}

/** Of the points with data, each as long as the others; null without any. */
export function loadOf(values: Values): Load | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const at = (part: number): number =>
    known[Math.min(known.length - 1, Math.ceil(part * known.length) - 1)] ?? 0;
  return { mean: known.reduce((sum, value) => sum + value, 0) / known.length, p99: at(0.99), peak: at(1) };
}

export interface Bill {
  readonly before: number;
  readonly after: number;
}

/** What the cores themselves are worth: a bill shared out by cores. */
export function coreBill(price: Price | null, before: number, after: number): Bill | null {
  const money = [moneyOf(price, before, before), moneyOf(price, after, before)] as const;
  return money[0] === null || money[1] === null ? null : { before: money[0], after: money[1] };
}

/** What the servers are worth: the bill is for those needed before, each at the same price. */
export function serverBill(
  price: Price | null,
  servers: readonly [number, number],
  assumptions: Assumptions,
): Bill | null {
  const cores = servers.map((count) => count * assumptions.coresPerServer);
  return coreBill(price, cores[0] ?? 0, cores[1] ?? 0);
}
