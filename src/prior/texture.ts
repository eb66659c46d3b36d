/**
 * How textured a picture is around each pixel. Shrunk pictures do not tell a lawn from a wall of its
 * colour, and where colours are still vague, smooth patches are nearest to everything: compared by
 * colour alone, fills end up smoother than what lies around them.
 * Source: the texture features of Newson et al. 2014 (Video Inpainting of Complex Scenes), means of
 * absolute differences. Deviation: roots of them, which tell plain from faintly textured as well.
 */
import type { Size } from '../image/geometry.js';
import type { PlanarImage } from '../image/planar.js';
import type { Coverage, RgbaImage } from '../image/raster.js';
import { planarAtSize, resizePlanar } from '../image/resize.js';

/** The picture's pixels a side over which differences are averaged at least. */
const cell = 4;
/** A root of 0 to sqrt(255) as a byte. */
const rootScale = 255 / Math.sqrt(255);
/** Below this share of known pixels nothing is said. */
const leastKnown = 0.05;

function lumaOf({ data }: RgbaImage): Float32Array {
  return Float32Array.from(
    { length: data.length / 4 },
    (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2],
  );
}

/** Roots of differences in red and green, and in blue whether both pixels are known. */
function differences(picture: RgbaImage, hole: Coverage): RgbaImage {
  const { width, height } = picture;
  const luma = lumaOf(picture);
  const data = new Uint8ClampedArray(4 * luma.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const right = x + 1 < width ? i + 1 : Math.max(0, i - 1);
      const below = y + 1 < height ? i + width : Math.max(0, i - width);
      if (hole.data[i] || hole.data[right] || hole.data[below]) continue;
      data[4 * i] = rootScale * Math.sqrt(Math.abs(luma[right] - luma[i]));
      data[4 * i + 1] = rootScale * Math.sqrt(Math.abs(luma[below] - luma[i]));
      data[4 * i + 2] = 255;
    }
  }
  return { width, height, data };
}

/**
 * Measures texture at the picture's own pixels and averages it at another size, known pixels only.
 * Shapes: hole of the picture's size, known where 0; returns [2, H, W], across and down.
 * Units: roots of luma differences, 0..1; 0 where nothing around is known.
 */
export function textureAtSize(picture: RgbaImage, size: Size, hole: Coverage): PlanarImage {
  const side = (full: number, most: number) => Math.max(1, Math.min(most, Math.round(full / cell)));
  const cells = {
    width: side(picture.width, size.width),
    height: side(picture.height, size.height),
  };
  const averaged = resizePlanar(planarAtSize(differences(picture, hole), cells), size);
  const plane = size.width * size.height;
  const share = (i: number) => (averaged.data[i] + 1) / 2;
  const data = new Float32Array(2 * plane);
  for (let i = 0; i < data.length; i++) {
    const known = share(2 * plane + (i % plane));
    if (known > leastKnown) data[i] = Math.min(1, Math.max(0, share(i) / known));
  }
  return { ...size, channels: 2, data };
}
