/** Oracle: the posterior mean over all known patches in float64, by brute force. */
import { describe, expect, test } from 'vitest';
import { PhiloxNoise } from '../../src/core/noise.js';
import { ExactNetwork } from '../../src/prior/exact-network.js';
import { patchWeights } from '../../src/prior/photo-chain.js';
import type { PhotoImages } from '../../src/prior/photo-images.js';

const radius = 3;

function noise(seed: number, length: number): Float32Array {
  const out = new Float32Array(length);
  new PhiloxNoise([seed]).fill({ purpose: 'start', transition: 0 }, 0, out);
  return out;
}

/** A small picture with everything known but the holes. */
function picture(width: number, height: number, holes: readonly number[][]): PhotoImages {
  const data = noise(1, 3 * width * height).map((z, i) => Math.tanh(0.4 * z + Math.sin(i / 3)));
  const keepMask = new Float32Array(width * height).fill(1);
  for (const [x, y, w, h] of holes) {
    for (let v = y; v < y + h; v++) keepMask.fill(0, v * width + x, v * width + x + w);
  }
  const known = { width, height, channels: 3, data };
  return { known, keepMask, texture: null, hints: null, window: { x: 0, y: 0, width, height } };
}

/** Pixels of a patch that lie in the picture, as [index in the plane, index in the patch]. */
function patchPixels({ known: { width, height } }: PhotoImages, x: number, y: number): number[][] {
  const pixels: number[][] = [];
  for (let v = -radius; v <= radius; v++) {
    for (let u = -radius; u <= radius; u++) {
      const isInside = x + u >= 0 && y + v >= 0 && x + u < width && y + v < height;
      if (isInside) pixels.push([(y + v) * width + x + u, v * width + u]);
    }
  }
  return pixels;
}

function bruteForce(images: PhotoImages, xt: Float32Array, timestep: number): Float64Array {
  const { known, keepMask } = images;
  const { width, height, data } = known;
  const plane = width * height;
  const weights = patchWeights(timestep);
  const weightOf = (i: number) =>
    keepMask[i] === 1 ? Math.max(weights.known, 0.5 / 0.09) : weights.unknown;
  const places = Array.from({ length: plane }, (_, i) => ({
    i,
    pixels: patchPixels(images, i % width, Math.floor(i / width)),
  }));
  const isKnown = (pixels: number[][]) => pixels.filter(([i]) => keepMask[i] === 1).length;
  const sources = places.filter(({ pixels }) => isKnown(pixels) === 49);
  const sums = new Float64Array(3 * plane);
  const totals = new Float64Array(plane);
  for (const { pixels, i: place } of places) {
    if (isKnown(pixels) === pixels.length) continue;
    const distances = sources.map(({ i: source }) => {
      // Sources of other rows are less likely: 20 nats by the square of the share of the height.
      const rows = Math.floor(place / width) - Math.floor(source / width);
      let distance = 20 * (rows / height) ** 2;
      for (const [i, offset] of pixels) {
        for (let c = 0; c < 3; c++) {
          const asked =
            keepMask[i] === 1 ? data[c * plane + i] : xt[c * plane + i] / weights.signal;
          distance += weightOf(i) * (asked - data[c * plane + source + offset]) ** 2;
        }
      }
      return distance;
    });
    const least = Math.min(...distances);
    const shares = distances.map((distance) => Math.exp(least - distance));
    const share = shares.reduce((a, b) => a + b, 0);
    const confidence = 0.1 + isKnown(pixels) / pixels.length;
    for (const [i, offset] of pixels) {
      totals[i] += confidence;
      for (let c = 0; c < 3; c++) {
        const mean = sources.reduce(
          (sum, { i: source }, k) => sum + (shares[k] / share) * data[c * plane + source + offset],
          0,
        );
        sums[c * plane + i] += confidence * mean;
      }
    }
  }
  return sums.map((sum, i) => (keepMask[i % plane] === 1 ? data[i] : sum / totals[i % plane]));
}

describe('the exact prior is the posterior mean over all known patches', () => {
  const pictures: [string, PhotoImages][] = [
    ['a hole inside', picture(20, 16, [[8, 6, 4, 3]])],
    ['a hole at a corner', picture(18, 15, [[0, 0, 5, 4]])],
    [
      'two holes, one with an island',
      picture(26, 18, [
        [2, 3, 2, 9],
        [18, 4, 2, 2],
      ]),
    ],
  ];
  const timesteps = [999, 800, 500, 200, 40, 0];
  test.each(pictures.flatMap(([name, images]) => timesteps.map((t) => [name, t, images] as const)))(
    '%s, at base step %i',
    async (_, timestep, images) => {
      const { width, height } = images.known;
      const xt = noise(7, 3 * width * height);
      const network = await ExactNetwork.open(images);
      const shape = [1, 3, height, width] as const;
      const x0Hat = await network.predict({ xt, shape, timestep, classLabels: null });
      const expected = bruteForce(images, xt, timestep);
      // Weights below exp(-14) are left out, and sums of 147 products are taken in float32.
      x0Hat.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(2e-3));
    },
  );

  test('nothing known is refused in a sentence', async () => {
    const images = picture(20, 20, [[2, 0, 16, 20]]);
    await expect(ExactNetwork.open(images)).rejects.toThrow('no patch of 7 pixels is known');
  });
});
