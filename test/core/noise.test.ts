import { describe, expect, it } from 'vitest';
import { PhiloxNoise, seedWords, type NoiseDraw, type Seed } from '../../src/core/noise.js';
import { philox4x32 } from '../../src/core/philox.js';

function draw(size: number, seed: Seed, at: Partial<NoiseDraw> = {}, level = 0): Float32Array {
  const out = new Float32Array(size);
  new PhiloxNoise([seed], level).fill({ purpose: 'step', transition: 0, ...at }, 0, out);
  return out;
}

describe('philox4x32', () => {
  // Known answers of Random123 (kat_vectors, philox4x32 10).
  it.each([
    [
      '00000000 00000000 00000000 00000000',
      '00000000 00000000',
      '6627e8d5 e169c58d bc57ac4c 9b00dbd8',
    ],
    [
      'ffffffff ffffffff ffffffff ffffffff',
      'ffffffff ffffffff',
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      '243f6a88 85a308d3 13198a2e 03707344',
      'a4093822 299f31d0',
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('answers counter %s with key %s as published', (counter, key, expected) => {
    const words = (text: string) => Uint32Array.from(text.split(' '), (word) => parseInt(word, 16));
    const out = new Uint32Array(4);
    philox4x32(words(counter), words(key), out);
    expect(out).toEqual(words(expected));
  });
});

describe('PhiloxNoise', () => {
  it('follows its documented counter layout', () => {
    // Element 6 of image seed 2^32 + 7: block 1, second pair of words, cosine half.
    const out = new Uint32Array(4);
    philox4x32(Uint32Array.of(1, 9, 3, 2), Uint32Array.of(7, 1), out);
    const radius = Math.sqrt(-2 * Math.log(((out[2] >>> 8) + 1) / 2 ** 24));
    const angle = (2 * Math.PI * (out[3] >>> 8)) / 2 ** 24;
    const z = draw(8, 2n ** 32n + 7n, { purpose: 'renoise', transition: 9 }, 2);
    expect(z[6]).toBe(Math.fround(radius * Math.cos(angle)));
    expect(z[7]).toBe(Math.fround(radius * Math.sin(angle)));
  });

  it('is standard normal over 10^7 draws, and streams are uncorrelated', () => {
    const size = 2_500_000;
    const streams = [
      draw(size, 1, { transition: 3 }),
      draw(size, 2, { transition: 3 }),
      draw(size, 1, { transition: 4 }),
      draw(size, 1, { transition: 3, purpose: 'known' }),
    ];
    const moments = [0, 0, 0];
    const products = new Float64Array(7);
    for (let i = 0; i < size; i++) {
      const [a, b, c, d] = [streams[0][i], streams[1][i], streams[2][i], streams[3][i]];
      for (const z of [a, b, c, d]) {
        moments[0] += z;
        moments[1] += z * z;
        moments[2] += z ** 4;
      }
      const next = streams[0][i + 1] ?? 0;
      [a * b, a * c, a * d, b * c, b * d, c * d, a * next].forEach((p, k) => (products[k] += p));
    }
    const draws = 4 * size;
    // Five standard errors of each: 1/sqrt(n), sqrt(2/n), sqrt(96/n); the seeds are fixed.
    expect(Math.abs(moments[0] / draws)).toBeLessThan(5 / Math.sqrt(draws));
    expect(Math.abs(moments[1] / draws - 1)).toBeLessThan(5 * Math.sqrt(2 / draws));
    expect(Math.abs(moments[2] / draws - 3)).toBeLessThan(5 * Math.sqrt(96 / draws));
    products.forEach((sum) => expect(Math.abs(sum / size)).toBeLessThan(5 / Math.sqrt(size)));
  });

  it('gives an image the same noise alone, in any batch, in any order and at any size', () => {
    const batch = new PhiloxNoise([5, 6, 7], 1);
    const late = new Float32Array(100);
    batch.fill({ purpose: 'restart', transition: 12 }, 2, late);
    batch.fill({ purpose: 'start', transition: 0 }, 0, new Float32Array(8));
    const again = new Float32Array(37);
    batch.fill({ purpose: 'restart', transition: 12 }, 2, again);
    expect(late).toEqual(draw(100, 7, { purpose: 'restart', transition: 12 }, 1));
    expect(again).toEqual(late.subarray(0, 37));
  });

  it('differs by seed, both words of it, purpose, transition and level', () => {
    const first = draw(4, 1);
    const others = [
      draw(4, 2),
      draw(4, 1n + (1n << 32n)),
      draw(4, 1, { purpose: 'known' }),
      draw(4, 1, { transition: 1 }),
      draw(4, 1, {}, 1),
    ];
    for (const other of others) expect(other).not.toEqual(first);
  });

  it('takes seeds of 32 and 64 bits and refuses others', () => {
    expect(seedWords(2 ** 32 - 1)).toEqual(Uint32Array.of(0xffffffff, 0));
    expect(seedWords((1n << 64n) - 1n)).toEqual(Uint32Array.of(0xffffffff, 0xffffffff));
    for (const seed of [-1, 0.5, NaN, 2 ** 60, 1n << 64n]) {
      expect(() => seedWords(seed)).toThrow(`got ${String(seed)}`);
    }
  });

  it('has no noise for an image without a seed', () => {
    const noise = new PhiloxNoise([1]);
    const at = { purpose: 'step', transition: 0 } as const;
    expect(() => noise.fill(at, 1, new Float32Array(1))).toThrow('none for image 1');
  });
});
