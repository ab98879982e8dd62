import { describe, expect, it } from 'vitest';
import { css, rgbOf } from './colors';

describe('A colour', () => {
  it('is read as it is written, and as people write it', () => {
    expect(rgbOf(css([238, 136, 2]))).toEqual([238, 136, 2]);
    expect(rgbOf('#eceef1')).toEqual([236, 238, 241]);
    expect(rgbOf('')).toEqual([0, 0, 0]);
  });
});
