/** A membrane over a hole: values at its rim continued into it, as smoothly as they can be. */
import type { Size } from './geometry.js';

/** Relaxation sweeps at each size; the coarser solution is a good start, so few are enough. */
const sweeps = 20;
const overRelaxation = 1.5;

interface Grid {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  /** 1 where the value is given. */
  readonly isKnown: Uint8Array;
  /** What a cell's own value weighs against its four neighbours: 0 = none, it spreads without end. */
  readonly screening: number;
  /** By how much four times an unknown cell lies above the sum of its neighbours; null = 0. */
  readonly sources: Float32Array | null;
}

/** Halves a grid; a cell is known where any of its four is, with their mean. */
function halve({ width, height, values, isKnown, screening, sources }: Grid): Grid {
  const w = Math.ceil(width / 2);
  const h = Math.ceil(height / 2);
  const sums = new Float32Array(w * h);
  const counts = new Uint8Array(w * h);
  const totals = sources && new Float32Array(w * h);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const cell = (y >> 1) * w + (x >> 1);
      if (isKnown[i]) {
        sums[cell] += values[i];
        counts[cell]++;
      } else if (totals) totals[cell] += sources[i];
    }
  }
  return {
    width: w,
    height: h,
    values: sums.map((sum, i) => (counts[i] ? sum / counts[i] : 0)),
    isKnown: counts.map((count) => Math.min(count, 1)),
    // Cells are twice as far apart.
    screening: 4 * screening,
    sources: totals,
  };
}

/** Gauss-Seidel on the unknown cells: each becomes the mean of its neighbours; borders reflect. */
function relax({ width, height, values, isKnown, screening, sources }: Grid): void {
  for (let i = 0; i < values.length; i++) {
    if (isKnown[i]) continue;
    const x = i % width;
    const y = (i - x) / width;
    const left = values[x > 0 ? i - 1 : Math.min(i + 1, i - x + width - 1)];
    const right = values[x < width - 1 ? i + 1 : Math.max(i - 1, i - x)];
    const up = values[y > 0 ? i - width : y < height - 1 ? i + width : i];
    const down = values[y < height - 1 ? i + width : y > 0 ? i - width : i];
    const sum = left + right + up + down + (sources ? sources[i] : 0);
    values[i] += overRelaxation * (sum / (4 + screening) - values[i]);
  }
}

function solve(grid: Grid): void {
  const { width, height, values, isKnown } = grid;
  if (isKnown.every((known) => known === 1)) return;
  if (Math.max(width, height) > 4 && isKnown.includes(1)) {
    const coarse = halve(grid);
    solve(coarse);
    for (let i = 0; i < values.length; i++) {
      if (!isKnown[i]) values[i] = sampleHalf(coarse, i % width, Math.floor(i / width));
    }
  }
  for (let k = 0; k < sweeps; k++) relax(grid);
}

/** Bilinear value of the half-size grid at a fine cell. */
function sampleHalf({ width, height, values }: Grid, x: number, y: number): number {
  const u = Math.min(width - 1, Math.max(0, x / 2 - 0.25));
  const v = Math.min(height - 1, Math.max(0, y / 2 - 0.25));
  const [x0, y0] = [Math.floor(u), Math.floor(v)];
  const [x1, y1] = [Math.min(width - 1, x0 + 1), Math.min(height - 1, y0 + 1)];
  const [fx, fy] = [u - x0, v - y0];
  const top = values[y0 * width + x0] * (1 - fx) + values[y0 * width + x1] * fx;
  const bottom = values[y1 * width + x0] * (1 - fx) + values[y1 * width + x1] * fx;
  return top * (1 - fy) + bottom * fy;
}

/**
 * Fills the unknown cells with the solution of the screened Laplace equation, laplacian(v) = v / L^2,
 * known cells as its boundary (coarse to fine, linear in cells). Away from the boundary the
 * values fall towards 0 over the decay length L; without one they are harmonic. `sources`: minus the
 * laplacian that is asked for instead, of unknown cells.
 * Shapes: values, isKnown, sources [height*width]; returns a new [height*width]. Units: L in cells.
 * Source: Pérez et al. 2003, "Poisson image editing", for a guidance field of zero, or any.
 */
export function stretchMembrane(
  values: Float32Array,
  isKnown: Uint8Array,
  size: Size,
  decayLength = Infinity,
  sources: Float32Array | null = null,
): Float32Array {
  const start = values.map((value, i) => (isKnown[i] ? value : 0));
  solve({ ...size, values: start, isKnown, screening: 1 / decayLength ** 2, sources });
  return start;
}
