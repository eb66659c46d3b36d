/** A finished fill as a layer over its picture, exact outside the selection. */
import { featherInside } from './coverage.js';
import { widen, type Point, type Rect, type Size } from './geometry.js';
import { checkCrop, cropCoverage, rgbaFromPlanar, type PlanarImage } from './planar.js';
import type { Coverage, RgbaImage } from './raster.js';
import { resizePlanar } from './resize.js';

/** How a fill's layer gets its alpha. */
export interface LayerEdge {
  readonly featherPx: number;
  /** The picture, of the context's size, whose alpha the layer keeps to; null to fill that too. */
  readonly within: RgbaImage | null;
}

/**
 * Cuts a sampled image to the selection.
 * Alpha is 0 outside the selection and rises inside its edge, as the selection does where it is soft;
 * the fill's colour is kept under alpha 0, so that an editor's resampling does not fringe.
 * Shapes: fill [3, h, w] of the whole context at any size; selection of the context's size;
 * layer within the context; returns layer.width x layer.height. Units: fill [-1, 1].
 */
export function compositeFill(
  fill: PlanarImage,
  selection: Coverage,
  layer: Rect,
  edge: LayerEdge,
): RgbaImage {
  return cutToSelection(
    rgbaFromPlanar(resizePlanar(fill, selection, layer)),
    selection,
    layer,
    edge,
  );
}

/**
 * Gives a fill's pixels the alpha of `compositeFill`. Shapes: image of the layer's size, changed in
 * place and returned.
 */
export function cutToSelection(
  image: RgbaImage,
  selection: Coverage,
  layer: Rect,
  { featherPx, within }: LayerEdge,
): RgbaImage {
  // One more pixel on each side, so that the layer's own edge is seen as one.
  const around = widen(layer, 1, selection);
  const alpha = featherInside(cropCoverage(selection, around), featherPx);
  for (let y = 0; y < layer.height; y++) {
    for (let x = 0; x < layer.width; x++) {
      const from = (layer.y - around.y + y) * around.width + (layer.x - around.x + x);
      const below = 4 * ((layer.y + y) * selection.width + layer.x + x) + 3;
      const most = within ? within.data[below] : 255;
      image.data[4 * (y * layer.width + x) + 3] = Math.round(most * alpha[from]);
    }
  }
  return image;
}

/** Straight-alpha RGBA in 8 or in 16 bits. Shapes: data [height*width*4]. */
export interface DeepImage extends Size {
  readonly data: Uint8ClampedArray<ArrayBuffer> | Uint16Array<ArrayBuffer>;
}

/**
 * Lays a layer over a picture with straight alpha: the picture keeps its own, unless what is
 * transparent was filled too. Where the layer's alpha is 0 the picture's pixels are returned bit for
 * bit. Throws: RangeError when the layer leaves the picture.
 */
export function flatten<Image extends DeepImage>(
  picture: Image,
  layer: RgbaImage,
  { x, y }: Point,
  fillsTransparent = false,
): Image {
  checkCrop(picture, { x, y, width: layer.width, height: layer.height });
  const data = picture.data.slice();
  const blend = fillsTransparent ? blendOver : blendWithin;
  for (let v = 0; v < layer.height; v++) {
    for (let u = 0; u < layer.width; u++) {
      const from = 4 * (v * layer.width + u);
      const at = 4 * ((y + v) * picture.width + x + u);
      if (layer.data[from + 3] > 0) blend(data, at, layer.data, from);
    }
  }
  return { ...picture, data };
}

type Blend = (under: DeepImage['data'], at: number, over: Uint8ClampedArray, from: number) => void;

/** Levels of the picture for one of the layer's: 1, or 257 in 16 bits. */
function depthOf(under: DeepImage['data']): number {
  return under instanceof Uint16Array ? 257 : 1;
}

/** The layer's alpha was cut by the picture's: their ratio is how much of the fill is meant. */
const blendWithin: Blend = (under, at, over, from) => {
  const depth = depthOf(under);
  const own = under[at + 3] / depth;
  if (own === 0) return;
  const share = Math.min(1, over[from + 3] / own);
  for (let c = 0; c < 3; c++) {
    const fill = depth * over[from + c];
    under[at + c] = Math.round(fill * share + under[at + c] * (1 - share));
  }
};

/** Source-over. */
const blendOver: Blend = (under, at, over, from) => {
  const depth = depthOf(under);
  const alpha = over[from + 3] / 255;
  const rest = (under[at + 3] / (255 * depth)) * (1 - alpha);
  const total = alpha + rest;
  for (let c = 0; c < 3; c++) {
    const fill = depth * over[from + c];
    under[at + c] = Math.round((fill * alpha + under[at + c] * rest) / total);
  }
  under[at + 3] = Math.round(255 * depth * total);
};
