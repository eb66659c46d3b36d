/** Planes of numbers that the measures share: grey, gaussian blur, distance to a hole. */
import type { Size } from '../../image/geometry.js';
import type { Coverage, RgbaImage } from '../../image/raster.js';

/** One number a pixel. Shapes: data [height*width]. */
export interface Plane extends Size {
  readonly data: Float32Array;
}

/** Luma of 8-bit pixels. Units: 0..255. */
export function grey({ width, height, data }: RgbaImage): Plane {
  const out = new Float32Array(width * height);
  for (let i = 0; i < out.length; i++)
    out[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
  return { width, height, data: out };
}

/** One colour of 8-bit pixels. Units: 0..255. */
export function channel({ width, height, data }: RgbaImage, c: 0 | 1 | 2): Plane {
  const out = Float32Array.from({ length: width * height }, (_, i) => data[4 * i + c]);
  return { width, height, data: out };
}

/** Mirrors an index into 0..length-1, the edge repeated: d c b a | a b c d | d c b a. */
function mirrored(at: number, length: number): number {
  const period = 2 * length;
  const wrapped = ((at % period) + period) % period;
  return wrapped < length ? wrapped : period - 1 - wrapped;
}

function blurLines({ width, height, data }: Plane, kernel: Float64Array): Plane {
  const radius = (kernel.length - 1) / 2;
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++)
        sum += kernel[k] * data[y * width + mirrored(x + k - radius, width)];
      // Turned, so that a second pass blurs the other way and turns back.
      out[x * height + y] = sum;
    }
  }
  return { width: height, height: width, data: out };
}

/**
 * Gaussian blur, cut off at `radius` pixels, mirrored at the edges, as scipy's gaussian_filter.
 * Units: sigma in pixels.
 */
export function gaussian(plane: Plane, sigma: number, radius: number): Plane {
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const kernel = weights.map((weight) => weight / sum);
  return blurLines(blurLines(plane, kernel), kernel);
}

/**
 * City-block distance of each pixel to the nearest one that is marked; marked ones are at 0.
 * `isOutsideMarked`: what lies beyond the picture counts as marked.
 */
export function blockDistance(
  { width, height }: Size,
  isMarked: (pixel: number) => boolean,
  isOutsideMarked = false,
): Uint16Array {
  const far = 0xfffe;
  const distance = new Uint16Array(width * height);
  const beyond = isOutsideMarked ? 0 : far;
  for (let i = 0; i < distance.length; i++) {
    const left = i % width > 0 ? distance[i - 1] : beyond;
    const above = i >= width ? distance[i - width] : beyond;
    distance[i] = isMarked(i) ? 0 : Math.min(far, left + 1, above + 1);
  }
  for (let i = distance.length - 1; i >= 0; i--) {
    const right = (i + 1) % width > 0 ? distance[i + 1] : beyond;
    const below = i + width < distance.length ? distance[i + width] : beyond;
    distance[i] = Math.min(distance[i], right + 1, below + 1);
  }
  return distance;
}

/** True of a pixel that is to be filled. */
export const isHoleAt = ({ data }: Coverage, pixel: number): boolean => data[pixel] > 127;
