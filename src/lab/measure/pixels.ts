/** PSNR and SSIM of a picture against the original, over the whole of both. */
import type { RgbaImage } from '../../image/raster.js';
import { channel, gaussian, type Plane } from './planes.js';

function expectSameSize(a: RgbaImage, b: RgbaImage): void {
  if (a.width === b.width && a.height === b.height) return;
  throw new RangeError(
    `pictures must be equal in size, got ${a.width} x ${a.height} and ${b.width} x ${b.height}`,
  );
}

/** Equal pictures would be infinitely good: nothing is better than this. Units: dB. */
const bestPsnr = 100;

/** Returns the peak signal-to-noise ratio over red, green and blue. Units: dB, at most 100. */
export function psnr(original: RgbaImage, picture: RgbaImage): number {
  expectSameSize(original, picture);
  let sum = 0;
  for (let i = 0; i < original.data.length; i++)
    if (i % 4 < 3) sum += (original.data[i] - picture.data[i]) ** 2;
  const mean = sum / (3 * original.width * original.height);
  return mean === 0 ? bestPsnr : Math.min(bestPsnr, 10 * Math.log10(255 ** 2 / mean));
}

const sigma = 1.5;
/** Of the 11 x 11 window; pixels whose window leaves the picture do not count. */
const radius = 5;
const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

function product(a: Plane, b: Plane): Plane {
  return { ...a, data: a.data.map((value, i) => value * b.data[i]) };
}

/** Mean of the map within the window's reach of no edge; the whole map where there is no such pixel. */
function innerMean({ width, height, data }: Plane): number {
  const isSmall = Math.min(width, height) <= 2 * radius;
  const margin = isSmall ? 0 : radius;
  let sum = 0;
  for (let y = margin; y < height - margin; y++)
    for (let x = margin; x < width - margin; x++) sum += data[y * width + x];
  return sum / ((width - 2 * margin) * (height - 2 * margin));
}

function ssimOf(a: Plane, b: Plane): number {
  const blurred = (plane: Plane) => gaussian(plane, sigma, radius).data;
  const [meanA, meanB] = [blurred(a), blurred(b)];
  const [aa, bb, ab] = [blurred(product(a, a)), blurred(product(b, b)), blurred(product(a, b))];
  const map = meanA.map((ma, i) => {
    const mb = meanB[i];
    const [varA, varB, cov] = [aa[i] - ma * ma, bb[i] - mb * mb, ab[i] - ma * mb];
    return ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (varA + varB + c2));
  });
  return innerMean({ ...a, data: map });
}

/**
 * Returns the structural similarity, the mean over red, green and blue. 1 = the same.
 * Source: Wang et al. 2004, gaussian window of 11 x 11, sigma 1.5, population covariances.
 */
export function ssim(original: RgbaImage, picture: RgbaImage): number {
  expectSameSize(original, picture);
  const each = ([0, 1, 2] as const).map((c) => ssimOf(channel(original, c), channel(picture, c)));
  return each.reduce((a, b) => a + b, 0) / 3;
}
