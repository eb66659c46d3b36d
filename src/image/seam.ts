/** What keeps a fill's colours in line: with the picture at its edge, with the coarser level within. */
import { blurPlane } from './blur.js';
import { coverageBounds } from './coverage.js';
import { widen, type Rect, type Size } from './geometry.js';
import { stretchMembrane } from './membrane.js';
import { cropPlanar, pastePlanar, type PlanarImage } from './planar.js';

/** Smoothing along the edge, in pixels, so that texture does not streak into the hole. */
const edgeSigma = 1.5;
/** Steps well above this, of a range of 2, are taken for what the picture shows. */
const largestShift = 0.4;
/** How far into the hole, as a part of its width, a step is spread. */
const decayFraction = 0.3;

function mapPlanes(
  image: PlanarImage,
  change: (plane: Float32Array, channel: number) => Float32Array,
): PlanarImage {
  const plane = image.width * image.height;
  const data = new Float32Array(image.data.length);
  for (let c = 0; c < image.channels; c++) {
    data.set(change(image.data.subarray(c * plane, (c + 1) * plane), c), c * plane);
  }
  return { ...image, data };
}

/** Means over one side of the edge, without a look at the other: weights are 1 on it, 0 beyond. */
class OneSidedMean {
  private readonly _totals: Float32Array;

  constructor(
    private readonly _weights: Float32Array,
    private readonly _size: Size,
    private readonly _sigma: number,
  ) {
    this._totals = blurPlane(_weights, _size.width, _size.height, _sigma);
  }

  /** True where the side is near enough to be seen. */
  reaches(i: number): boolean {
    return this._totals[i] > 0.05;
  }

  of(plane: Float32Array): Float32Array {
    const weighted = plane.map((value, i) => value * this._weights[i]);
    const sums = blurPlane(weighted, this._size.width, this._size.height, this._sigma);
    return sums.map((sum, i) => sum / Math.max(this._totals[i], 1e-6));
  }
}

/**
 * The colours of one side as they arrive at the edge. A one-sided mean lies off the edge by a
 * distance that grows with sigma, so on a slope it leans; two of them extrapolate the lean away.
 */
class OneSided {
  private readonly _near: OneSidedMean;
  private readonly _far: OneSidedMean;

  constructor(weights: Float32Array, size: Size) {
    this._near = new OneSidedMean(weights, size, edgeSigma);
    this._far = new OneSidedMean(weights, size, 2 * edgeSigma);
  }

  reaches(i: number): boolean {
    return this._near.reaches(i);
  }

  colours(plane: Float32Array): Float32Array {
    const far = this._far.of(plane);
    return this._near.of(plane).map((near, i) => 2 * near - far[i]);
  }
}

/** A step too large for a colour shift is an object's edge: it is left alone. */
function softened(step: number): number {
  return step / (1 + (step / largestShift) ** 4);
}

/** Beyond the hole, in pixels: as far as the edge is seen from it, and from there the picture. */
const surroundings = Math.ceil(3 * edgeSigma) + Math.ceil(6 * edgeSigma);

/** The hole with as much around it as its edge depends on, or null when there is none. */
function seamBounds(keepMask: Float32Array, { width, height }: Size): Rect | null {
  const data = Uint8Array.from(keepMask, (keep) => (keep === 1 ? 0 : 255));
  const hole = coverageBounds({ width, height, data });
  return hole && widen(hole, surroundings, { width, height });
}

/**
 * Takes the step at the edge of a fill out of it. The colours just outside, of the picture, and
 * just inside, of the fill, are low-passed each on its own side; their difference along the rim is
 * continued into the hole, fading over a part of its width, and added to the fill.
 * Shapes: sampled, known [3, H, W]; keepMask [H*W], 1 = known. Units: [-1, 1].
 * Deviation: not in the paper, whose composite keeps whatever step the walk has left.
 */
export function removeSeam(
  sampled: PlanarImage,
  known: PlanarImage,
  keepMask: Float32Array,
): PlanarImage {
  const { width, height } = sampled;
  const near = seamBounds(keepMask, sampled);
  if (!near) return sampled;
  const mask = cropPlanar({ width, height, channels: 1, data: keepMask }, near);
  const corrected = correct(cropPlanar(sampled, near), cropPlanar(known, near), mask.data);
  return pastePlanar(sampled, corrected, near.x, near.y);
}

function correct(sampled: PlanarImage, known: PlanarImage, keepMask: Float32Array): PlanarImage {
  const isHole = keepMask.map((keep) => (keep === 1 ? 0 : 1));
  const isKnown = isHole.map((hole) => 1 - hole);
  const inside = new OneSided(isHole, sampled);
  const outside = new OneSided(isKnown, sampled);
  const isNearEdge = Uint8Array.from(isKnown, (here, i) => (here && inside.reaches(i) ? 1 : 0));
  const decayLength = decayFraction * Math.sqrt(isHole.reduce((sum, hole) => sum + hole, 0));
  return mapPlanes(sampled, (plane, c) => {
    const truth = known.data.subarray(c * plane.length, (c + 1) * plane.length);
    const [out, within] = [outside.colours(truth), inside.colours(plane)];
    const step = plane.map((_, i) => (isNearEdge[i] ? softened(out[i] - within[i]) : 0));
    const correction = stretchMembrane(step, isNearEdge, sampled, decayLength);
    return plane.map((x, i) => (isHole[i] ? Math.min(1, Math.max(-1, x + correction[i])) : x));
  });
}

/**
 * Gives a finer image the coarser one's low frequencies: it invents detail, not colour.
 * Shapes: both [3, H, W]. Units: sigma in pixels of the finer image.
 * Deviation: not in the paper, which has one scale.
 */
export function keepLowFrequencies(
  fine: PlanarImage,
  coarse: PlanarImage,
  sigma: number,
): PlanarImage {
  const { width, height } = fine;
  return mapPlanes(fine, (plane, c) => {
    const reference = coarse.data.subarray(c * plane.length, (c + 1) * plane.length);
    const difference = plane.map((x, i) => reference[i] - x);
    const low = blurPlane(difference, width, height, sigma);
    return plane.map((x, i) => x + low[i]);
  });
}
