/** Requests that programs push beside their profiles: a profile type whose samples are counts of requests. */
import type { Profile } from './answers';
import { ratio } from './cores';
import type { Requests } from './diff';

/** The type of that kind among all; null if nobody pushes one. */
export function requestsType(types: readonly string[]): string | null {
  return types.find((type) => /^[^:]+:requests:count:/.test(type)) ?? null;
}

/** Requests a second of both sides; null while one is not known, or had none: nothing can be shared out among none. */
export function requestsOf(
  before: Pick<Profile, 'side'> | null,
  after: Pick<Profile, 'side'> | null,
): Requests | null {
  const [one, other] = [before, after].map((entry) =>
    entry === null ? 0 : ratio(Number(entry.side.total) * 1e9, Number(entry.side.coveredNs)),
  );
  return one !== undefined && other !== undefined && one > 0 && other > 0 ? [one, other] : null;
}
