import { describe, expect, it } from 'vitest';
import {
  displayTime,
  formatDuration,
  formatTime,
  normalizeTime,
  parseDuration,
  rangeProblem,
  resolveRange,
  resolveTime,
  shiftBack,
} from './time_range';

const NOW = Date.UTC(2026, 0, 31, 12, 0, 0);

describe('resolveTime', () => {
  it('reads what an address may hold', () => {
    expect(resolveTime('now', NOW)).toBe(NOW);
    expect(resolveTime('now-15m', NOW)).toBe(NOW - 900e3);
    expect(resolveTime('2026-01-31T12:00:00Z', NOW)).toBe(NOW);
    expect(resolveTime(String(NOW), NOW)).toBe(NOW);
    expect(resolveTime('yesterday', NOW)).toBeNull();
  });

  it('refuses an empty range', () => {
    expect(resolveRange({ from: 'now', until: 'now-1h' }, NOW)).toBeNull();
    expect(resolveRange({ from: 'now-1h', until: 'now' }, NOW)).toEqual({
      fromMs: NOW - 3600e3,
      untilMs: NOW,
    });
  });
});

describe('rangeProblem', () => {
  it('says what is wrong', () => {
    expect(rangeProblem({ from: 'now-1h', until: 'now' }, NOW)).toBeNull();
    expect(rangeProblem({ from: 'soon', until: 'now' }, NOW)).toContain('"soon" is not a time');
    expect(rangeProblem({ from: 'now', until: 'now-1h' }, NOW)).toContain('empty');
  });
});

describe('typed times', () => {
  it('understand durations', () => {
    expect(parseDuration('last 3 h')).toEqual({ from: 'now-3h', until: 'now' });
    expect(parseDuration('15 minutes')).toEqual({ from: 'now-15m', until: 'now' });
    expect(parseDuration('2 days')).toEqual({ from: 'now-2d', until: 'now' });
    expect(parseDuration('3 apples')).toBeNull();
    expect(parseDuration('2026-01-31')).toBeNull();
  });

  it('understand one end', () => {
    expect(normalizeTime(' now - 15m ', NOW, true)).toBe('now-15m');
    expect(normalizeTime('2026-01-31 11:30', NOW, true)).toBe('2026-01-31T11:30:00Z');
    expect(normalizeTime('11:30', NOW, true)).toBe('2026-01-31T11:30:00Z');
    expect(normalizeTime('2026-01-31', NOW, true)).toBe('2026-01-31T00:00:00Z');
    expect(normalizeTime('2026-01-31T11:30:00+01:00', NOW, true)).toBe('2026-01-31T10:30:00Z');
    expect(normalizeTime('soon', NOW, true)).toBeNull();
    expect(normalizeTime('', NOW, true)).toBeNull();
  });

  it('come back as they went in', () => {
    expect(displayTime('2026-01-31T11:30:00Z', NOW, true)).toBe('2026-01-31 11:30');
    expect(displayTime('now-1h', NOW, true)).toBe('now-1h');
    expect(formatTime(NOW + 5000, true, true)).toBe('2026-01-31 12:00:05');
    const local = displayTime('2026-07-01T11:30:00Z', NOW, false);
    expect(normalizeTime(local, NOW, false)).toBe('2026-07-01T11:30:00Z');
  });
});

describe('ranges', () => {
  it('move back', () => {
    expect(shiftBack({ from: 'now-1h', until: 'now' }, 3600e3, NOW)).toEqual({
      from: 'now-2h',
      until: 'now-1h',
    });
    expect(shiftBack({ from: 'now-90s', until: 'now-30s' }, 60e3, NOW)).toEqual({ from: 'now-150s', until: 'now-90s' });
    expect(shiftBack({ from: '2026-01-31T11:00:00Z', until: '2026-01-31T12:00:00Z' }, 86400e3, NOW)).toEqual({
      from: '2026-01-30T11:00:00Z',
      until: '2026-01-30T12:00:00Z',
    });
  });

  it('have a readable length', () => {
    expect([90e3, 3600e3, 7200e3, 3 * 86400e3, 14 * 86400e3].map(formatDuration)).toEqual([
      '90 s',
      '60 min',
      '2 h',
      '3 d',
      '14 d',
    ]);
  });
});
