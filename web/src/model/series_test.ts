import { describe, expect, it } from 'vitest';
import { middleOf } from './series';

describe('The middle of values', () => {
  it('is not that of the one bucket in which two processes overlap', () => {
    expect(middleOf([null, 2, 2, 3.47, null, 2])).toBe(2);
    expect(middleOf([1.5])).toBe(1.5);
    expect(middleOf([null])).toBeNull();
  });
});
