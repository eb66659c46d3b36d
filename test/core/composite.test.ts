import { describe, expect, it } from 'vitest';
import { compositeKnown, spreadOverBatch } from '../../src/core/composite.js';

const shape = [2, 2, 1, 2] as const;

describe('spreadOverBatch', () => {
  it('spreads a plane, an image or a plane per image', () => {
    const spread = (...values: number[]) => [
      ...spreadOverBatch(Float32Array.from(values), shape, 'x'),
    ];
    expect(spread(1, 2)).toEqual([1, 2, 1, 2, 1, 2, 1, 2]);
    expect(spread(1, 2, 3, 4, 5, 6, 7, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const image = spreadOverBatch(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3, 1, 2], 'x');
    expect([...image]).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    const perImage = spreadOverBatch(Float32Array.of(1, 2, 3, 4), [2, 3, 1, 2], 'x');
    expect([...perImage]).toEqual([1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]);
  });

  it('refuses other sizes by name', () => {
    expect(() => spreadOverBatch(new Float32Array(3), shape, 'keepMask')).toThrow(
      'keepMask must hold',
    );
  });
});

describe('compositeKnown', () => {
  it('keeps known pixels exactly, fills the others, and blends soft ones', () => {
    const known = Float32Array.of(0.1, 0.2, 0.3, 0.4);
    const x0 = Float32Array.of(NaN, 0.7, 1e30, 0.9);
    const out = compositeKnown(x0, known, Float32Array.of(1, 0, 1, 0.25), [1, 1, 1, 4]);
    expect(out[0]).toBe(known[0]);
    expect(out[1]).toBe(x0[1]);
    expect(out[2]).toBe(known[2]);
    expect(out[3]).toBeCloseTo(0.25 * 0.4 + 0.75 * 0.9, 6);
  });
});
