/**
 * Columns of whole numbers as the server sends them: plain numbers up to 2^53, digits in a string above.
 * A double holds every value up to 2^53 exactly, so a column is a Float64Array for pixels and quotients
 * plus the few larger values as BigInt. Sums never lose a unit: see ExactSum.
 */
export class WholeColumn {
  private zero: boolean | null = null;

  private constructor(
    /** The values rounded to doubles; exact up to 2^53. */
    readonly near: Float64Array,
    private readonly large: ReadonlyMap<number, bigint>,
  ) {}

  static of(values: readonly unknown[]): WholeColumn {
    const near = new Float64Array(values.length);
    const large = new Map<number, bigint>();
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value === 'number' && Number.isSafeInteger(value)) {
        near[i] = value;
        continue;
      }
      const exact = toWhole(value);
      near[i] = Number(exact);
      if (!isSafe(exact)) large.set(i, exact);
    }
    return new WholeColumn(near, large);
  }

  static zeros(length: number): WholeColumn {
    const column = new WholeColumn(new Float64Array(length), new Map());
    column.zero = true;
    return column;
  }

  /** Doubles as they came, with the values above 2^53 that they only approximate. */
  static packed(near: Float64Array, large: ReadonlyMap<number, bigint>): WholeColumn {
    return new WholeColumn(near, large);
  }

  /** Whether all values are zero; looked at once. */
  isZero(): boolean {
    this.zero ??= this.near.every((value) => value === 0);
    return this.zero;
  }

  get length(): number {
    return this.near.length;
  }

  /** The same without the first entries, on the same buffer. */
  from(first: number): WholeColumn {
    const large = [...this.large].filter(([at]) => at >= first).map(([at, exact]) => [at - first, exact] as const);
    return new WholeColumn(this.near.subarray(first), new Map(large));
  }

  exact(index: number): bigint {
    return this.large.get(index) ?? BigInt(this.near[index] ?? 0);
  }
}

/** Adds up entries of columns without rounding; costs one addition of doubles while the sum is small. */
export class ExactSum {
  private small = 0;
  private large = 0n;

  add(column: WholeColumn, index: number): void {
    const next = this.small + (column.near[index] ?? 0);
    if (Math.abs(next) < Number.MAX_SAFE_INTEGER) {
      this.small = next;
      return;
    }
    this.large += BigInt(this.small) + column.exact(index);
    this.small = 0;
  }

  get value(): bigint {
    return this.large + BigInt(this.small);
  }
}

/** One whole number as the server writes it. Throws on anything else. */
export function toWhole(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,40}$/.test(value)) return BigInt(value);
  throw new TypeError(`not a whole number: ${String(value).slice(0, 40)}`);
}

function isSafe(value: bigint): boolean {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= -BigInt(Number.MAX_SAFE_INTEGER);
}
