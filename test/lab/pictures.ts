/** Small pictures by formula, the same in Python: a texture, and one with another in an ellipse. */
import type { Coverage, RgbaImage } from '../../src/image/raster.js';

export const width = 96;
export const height = 64;

type Colour = (x: number, y: number) => readonly [number, number, number];

export function picture(colour: Colour, [w, h] = [width, height]): RgbaImage {
  const data = new Uint8ClampedArray(4 * w * h);
  for (let i = 0; i < w * h; i++) {
    const rgb = colour(i % w, Math.floor(i / w));
    data.set([...rgb.map((value) => value % 256), 255], 4 * i);
  }
  return { width: w, height: h, data };
}

export const isInEllipse = (x: number, y: number): boolean =>
  ((x - 40) / 22) ** 2 + ((y - 30) / 17) ** 2 <= 1;

export const hole: Coverage = {
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) =>
    isInEllipse(i % width, Math.floor(i / width)) ? 255 : 0,
  ),
};

const texture: Colour = (x, y) => [5 * x + 3 * y, Math.floor((x * x) / 7) + 11 * y, x * y];
export const original = picture(texture);
export const filled = picture((x, y) =>
  isInEllipse(x, y) ? [2 * x, 4 * y, x + y] : texture(x, y),
);
