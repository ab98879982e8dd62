/** Times as people type them. In the address they are `now-3h` or ISO 8601 in UTC, as the server reads them. */

export interface TimeRange {
  readonly from: string;
  readonly until: string;
}

export interface ResolvedRange {
  readonly fromMs: number;
  readonly untilMs: number;
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1e3],
  ['m', 60e3],
  ['h', 3600e3],
  ['d', 86400e3],
  ['w', 7 * 86400e3],
]);

/** "now", "now-15m", ISO 8601, milliseconds -> milliseconds since 1970; null if it is no time. */
export function resolveTime(text: string, nowMs: number): number | null {
  const relative = /^now(?:\s*-\s*(\d{1,9})\s*([smhdw]))?$/.exec(text);
  if (relative !== null) return nowMs - Number(relative[1] ?? 0) * (UNIT_MS.get(relative[2] ?? 's') ?? 0);
  if (/^\d{11,16}$/.test(text)) return Number(text);
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** Both ends in milliseconds, null if one is no time or the range is empty. */
export function resolveRange(range: TimeRange, nowMs: number): ResolvedRange | null {
  const fromMs = resolveTime(range.from, nowMs);
  const untilMs = resolveTime(range.until, nowMs);
  return fromMs !== null && untilMs !== null && fromMs < untilMs ? { fromMs, untilMs } : null;
}

/** Why nothing can be shown for a range, null if there is no reason. */
export function rangeProblem(range: TimeRange, nowMs: number): string | null {
  for (const end of [range.from, range.until]) {
    if (resolveTime(end, nowMs) === null)
      return `"${end}" is not a time. Try now-15m or 2026-01-31T12:00:00Z.`;
  }
  return resolveRange(range, nowMs) === null ? 'The range is empty: it ends before it begins.' : null;
}

/** Whether the range moves with the clock, so that refreshing makes sense. */
export function isLive(range: TimeRange): boolean {
  return range.until.startsWith('now');
}

/** "last 3 h", "3h", "past 15 minutes" -> a range until now; null if the text says nothing like it. */
export function parseDuration(text: string): TimeRange | null {
  const parts = /^(?:(?:last|past)\s+)?(\d{1,9})\s*([a-z]+)$/i.exec(text.trim());
  const unit = /^(s|m|h|d|w|sec|seconds?|min|minutes?|hours?|days?|weeks?)$/i.exec(parts?.[2] ?? '');
  if (parts === null || unit === null) return null;
  return { from: `now-${parts[1]}${(unit[1] ?? 's').charAt(0).toLowerCase()}`, until: 'now' };
}

/** What a person types into one end: "now - 15m", "2026-01-31 12:00", "12:00" -> its form in the address. */
export function normalizeTime(text: string, nowMs: number, utc: boolean): string | null {
  const trimmed = text.trim().toLowerCase();
  const relative = /^now(?:\s*-\s*(\d{1,9})\s*([smhdw]))?$/.exec(trimmed);
  if (relative !== null) return trimmed.replace(/\s+/g, '');
  if (/^\d{11,16}$/.test(trimmed)) return isoOf(Number(trimmed));
  const ms = parseClock(text.trim().toUpperCase(), nowMs, utc);
  return ms === null ? null : isoOf(ms);
}

/** Shortest exact ISO form: without milliseconds where there are none. */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** "2026-11-23 14:05" in the zone of the page; seconds only where they matter. */
export function formatTime(ms: number, utc: boolean, seconds = false): string {
  const shift = utc ? 0 : new Date(ms).getTimezoneOffset() * 60e3;
  return new Date(ms - shift)
    .toISOString()
    .slice(0, seconds ? 19 : 16)
    .replace('T', ' ');
}

/** An end of a range as shown in its field: relative as it is, absolute in the zone of the page. */
export function displayTime(text: string, nowMs: number, utc: boolean): string {
  if (text.startsWith('now')) return text;
  const ms = resolveTime(text, nowMs);
  return ms === null ? text : formatTime(ms, utc, ms % 60000 !== 0);
}

/** "3 h", "90 s": how long a range is, in its largest fitting unit. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of [...UNIT_MS].reverse()) {
    if (unit !== 'w' && ms >= 2 * size)
      return `${Number((ms / size).toFixed(1))} ${unit === 'm' ? 'min' : unit}`;
  }
  return `${Math.round(ms / 1000)} s`;
}

/** The range moved back by `ms`. Ends that move with the clock stay so: now-1h..now becomes now-2h..now-1h. */
export function shiftBack(range: TimeRange, ms: number, nowMs: number): TimeRange {
  return { from: earlier(range.from, ms, nowMs), until: earlier(range.until, ms, nowMs) };
}

function earlier(text: string, ms: number, nowMs: number): string {
  const at = resolveTime(text, nowMs) ?? nowMs;
  return text.startsWith('now') ? `now-${durationOf(nowMs - at + ms)}` : isoOf(at - ms);
}

/** Date and time with or without a date, seconds or zone. Without a zone the zone of the page counts. */
function parseClock(text: string, nowMs: number, utc: boolean): number | null {
  const parts =
    /^(?:(\d{4}-\d\d-\d\d)[T ]?)?(?:(\d{1,2}):(\d\d)(?::(\d\d(?:\.\d{1,3})?))?)?(Z|[+-]\d\d:?\d\d)?$/.exec(
      text,
    );
  if (parts === null || (parts[1] === undefined && parts[2] === undefined)) return null;
  const date = parts[1] ?? formatTime(nowMs, utc).slice(0, 10);
  const clock = `${(parts[2] ?? '0').padStart(2, '0')}:${parts[3] ?? '00'}:${parts[4] ?? '00'}`;
  const ms = Date.parse(`${date}T${clock}${parts[5] ?? (utc ? 'Z' : '')}`);
  return Number.isNaN(ms) ? null : ms;
}

/** "2h", "90m": in the largest unit that says it in whole numbers. */
function durationOf(ms: number): string {
  const seconds = Math.round(ms / 1000) * 1000;
  const fitting = [...UNIT_MS].filter(([, width]) => seconds >= width && seconds % width === 0);
  const [unit, width] = fitting.at(-1) ?? ['s', 1e3];
  return `${seconds / width}${unit}`;
}
