/** A finished fill as a layer over its picture, exact outside the selection. */
import { featherInside } from './coverage.js';
import { widen, type Rect } from './geometry.js';
import { checkCrop, cropCoverage, rgbaFromPlanar, type PlanarImage } from './planar.js';
import type { Coverage, RgbaImage } from './raster.js';
import { resizePlanar } from './resize.js';

/**
 * Cuts a sampled image to the selection.
 * Alpha is 0 outside the selection and rises inside its edge; the fill's colour is kept under
 * alpha 0, so that an editor's resampling does not fringe.
 * Shapes: fill [3, h, w] of the whole context at any size; selection of the context's size;
 * layer within the context; returns layer.width x layer.height. Units: fill [-1, 1].
 */
export function compositeFill(
  fill: PlanarImage,
  selection: Coverage,
  layer: Rect,
  featherPx: number,
): RgbaImage {
  const image = rgbaFromPlanar(resizePlanar(fill, selection, layer));
  // One more pixel on each side, so that the layer's own edge is seen as one.
  const around = widen(layer, 1, selection);
  const alpha = featherInside(cropCoverage(selection, around), featherPx);
  for (let y = 0; y < layer.height; y++) {
    for (let x = 0; x < layer.width; x++) {
      const from = (layer.y - around.y + y) * around.width + (layer.x - around.x + x);
      image.data[4 * (y * layer.width + x) + 3] = Math.round(255 * alpha[from]);
    }
  }
  return image;
}

/**
 * Lays a layer over a picture, source-over with straight alpha.
 * Where the layer's alpha is 0 the picture's pixels are returned bit for bit.
 * Throws: RangeError when the layer leaves the picture.
 */
export function flatten(picture: RgbaImage, layer: RgbaImage, x: number, y: number): RgbaImage {
  checkCrop(picture, { x, y, width: layer.width, height: layer.height });
  const data = picture.data.slice();
  for (let v = 0; v < layer.height; v++) {
    for (let u = 0; u < layer.width; u++) {
      blendPixel(
        data,
        4 * ((y + v) * picture.width + x + u),
        layer.data,
        4 * (v * layer.width + u),
      );
    }
  }
  return { ...picture, data };
}

function blendPixel(
  under: Uint8ClampedArray,
  at: number,
  over: Uint8ClampedArray,
  from: number,
): void {
  const alpha = over[from + 3] / 255;
  if (alpha === 0) return;
  const rest = (under[at + 3] / 255) * (1 - alpha);
  const total = alpha + rest;
  for (let c = 0; c < 3; c++) {
    under[at + c] = Math.round((over[from + c] * alpha + under[at + c] * rest) / total);
  }
  under[at + 3] = Math.round(255 * total);
}
