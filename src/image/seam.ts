/** What keeps a fill's colours in line: with the picture at its edge, with the coarser level within. */
import { blurPlane } from './blur.js';
import { stretchMembrane } from './membrane.js';
import type { PlanarImage } from './planar.js';

/** Smoothing of the error on the known side, so that its texture does not streak into the hole. */
const residualSigma = 1.5;

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

/**
 * Takes a colour shift out of a sampled image. The network's own picture of the known pixels
 * differs a little from the truth; that error, low-passed, is continued into the hole as a
 * membrane and added there, so the fill meets the picture without a seam.
 * Shapes: sampled, known [3, H, W]; keepMask [H*W], 1 = known. Units: [-1, 1].
 * Deviation: not in the paper, whose composite has a seam wherever the reconstruction drifts.
 */
export function removeSeam(
  sampled: PlanarImage,
  known: PlanarImage,
  keepMask: Float32Array,
): PlanarImage {
  const { width, height } = sampled;
  const isKnown = Uint8Array.from(keepMask, (keep) => (keep === 1 ? 1 : 0));
  const weight = blurPlane(Float32Array.from(isKnown), width, height, residualSigma);
  return mapPlanes(sampled, (plane, c) => {
    const truth = known.data.subarray(c * plane.length, (c + 1) * plane.length);
    const error = plane.map((x, i) => (isKnown[i] ? truth[i] - x : 0));
    const smooth = blurPlane(error, width, height, residualSigma);
    const boundary = smooth.map((e, i) => (isKnown[i] ? e / Math.max(weight[i], 1e-6) : 0));
    const correction = stretchMembrane(boundary, isKnown, width, height);
    return plane.map((x, i) => (isKnown[i] ? x : Math.min(1, Math.max(-1, x + correction[i]))));
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
