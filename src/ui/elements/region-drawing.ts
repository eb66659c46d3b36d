/** The photo with what is marked: the rest dimmed, the edge dashed, so that no colour is needed. */
import { featherInside, growCoverage } from '../../image/coverage.js';
import type { Rect } from '../../image/geometry.js';
import type { Coverage, RgbaImage } from '../../image/raster.js';
import type { Polygon } from '../../image/region-path.js';
import type { View } from '../marking/view.js';
import { transparencyPattern, type Raster } from '../selection/raster.js';

/** What is drawn. Units: CSS pixels of the picture; photo pixels where it says so. */
export interface Drawn {
  readonly raster: Pick<Raster, 'width' | 'height' | 'canvas'>;
  /** What is marked, of the photo's size. */
  readonly coverage: Coverage;
  readonly view: View;
  /** By which what is marked is grown, and over which the fill fades in. Photo pixels. */
  readonly grow?: number;
  readonly feather?: number;
  /** Nothing is marked yet: the photo is shown as it is, not as all rest. */
  readonly isBare?: boolean;
  /** Photo pixels. */
  readonly outline?: Polygon | null;
  /** The brush, or the cross of the keyboard. Photo pixels. */
  readonly cursor?: { readonly x: number; readonly y: number; readonly radius: number } | null;
  /** The fill as it grows, where it lies on the photo. */
  readonly preview?: { readonly image: RgbaImage; readonly bounds: Rect } | null;
}

/** Progress comes with each step, a new picture of it seldom. */
export function isOtherPreview(a: Drawn['preview'], b: Drawn['preview']): boolean {
  return a?.image !== b?.image;
}

/** How dark the rest is, of 255. */
const shade = 115;
/** Longest side of the copy that a small picture is drawn from. */
const copySide = 1024;

const copies = new WeakMap<OffscreenCanvas, OffscreenCanvas>();

/** A large photo is scaled down once, not for each stroke of the brush. */
function copyOf(canvas: OffscreenCanvas): OffscreenCanvas {
  const scale = copySide / Math.max(canvas.width, canvas.height);
  if (scale >= 1) return canvas;
  const known = copies.get(canvas);
  if (known) return known;
  const copy = new OffscreenCanvas(
    Math.ceil(canvas.width * scale),
    Math.ceil(canvas.height * scale),
  );
  const context = copy.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(canvas, 0, 0, copy.width, copy.height);
  copies.set(canvas, copy);
  return copy;
}

/** Reads the coverage at each pixel of the picture. Returns: 256 outside of the photo. */
function sampled(
  { coverage }: Drawn,
  { scale, x, y }: View,
  size: { width: number; height: number },
): Uint16Array {
  const out = new Uint16Array(size.width * size.height).fill(256);
  const columns = Array.from({ length: size.width }, (_, at) => Math.floor((at + 0.5 - x) / scale));
  for (let row = 0; row < size.height; row++) {
    const line = Math.floor((row + 0.5 - y) / scale);
    if (line < 0 || line >= coverage.height) continue;
    columns.forEach((column, at) => {
      if (column < 0 || column >= coverage.width) return;
      out[row * size.width + at] = coverage.data[line * coverage.width + column];
    });
  }
  return out;
}

/** What will be filled at each pixel of the picture. Returns: grown samples, and opacity 0..1. */
function filled(
  samples: Uint16Array,
  size: { width: number; height: number },
  { grow, feather }: { grow: number; feather: number },
): { grown: Uint8Array; visible: Float32Array } {
  const data = Uint8Array.from(samples, (value) => (value === 256 ? 0 : value));
  const grown = growCoverage({ ...size, data }, grow);
  return { grown: grown.data, visible: featherInside(grown, feather) };
}

/** True where the outline is drawn: outside, with something marked within its width. */
function isEdge(marked: Uint8Array, width: number, at: number, reach: number): boolean {
  if (marked[at] >= 128) return false;
  const column = at % width;
  for (let step = 1; step <= reach; step++) {
    const near = [
      column >= step ? at - step : at,
      column + step < width ? at + step : at,
      at - step * width,
      at + step * width,
    ];
    if (near.some((i) => marked[i] >= 128)) return true;
  }
  return false;
}

function drawShade(context: OffscreenCanvasRenderingContext2D, drawn: Drawn, view: View): void {
  const { width, height } = context.canvas;
  const density = view.scale / drawn.view.scale;
  const samples = sampled(drawn, view, { width, height });
  const edge = { grow: view.scale * (drawn.grow ?? 0), feather: view.scale * (drawn.feather ?? 0) };
  const { grown, visible } = filled(samples, { width, height }, edge);
  const image = new ImageData(width, height);
  const reach = Math.max(1, Math.round(2 * density));
  for (let i = 0; i < samples.length; i++) {
    if (samples[i] === 256 || drawn.isBare) continue;
    image.data[4 * i + 3] = shade * (1 - visible[i]);
    if (!isEdge(grown, width, i, reach)) continue;
    const along = (i % width) + Math.floor(i / width);
    const isLight = Math.floor(along / (4 * density)) % 2 === 0;
    image.data.fill(isLight ? 255 : 17, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** The prediction shows where it is marked. */
function drawPreview(
  context: CanvasRenderingContext2D,
  { image, bounds }: NonNullable<Drawn['preview']>,
  view: View,
  rest: OffscreenCanvas,
): void {
  const small = new OffscreenCanvas(image.width, image.height);
  small.getContext('2d')!.putImageData(new ImageData(image.data, image.width, image.height), 0, 0);
  const layer = new OffscreenCanvas(rest.width, rest.height);
  const over = layer.getContext('2d')!;
  over.imageSmoothingQuality = 'high';
  over.setTransform(view.scale, 0, 0, view.scale, view.x, view.y);
  over.drawImage(small, bounds.x, bounds.y, bounds.width, bounds.height);
  over.resetTransform();
  over.globalCompositeOperation = 'destination-out';
  // What is shaded is not filled; twice, since the shade is half dark.
  for (let times = 0; times < 4; times++) over.drawImage(rest, 0, 0);
  context.drawImage(layer, 0, 0);
}

function trace(context: CanvasRenderingContext2D, path: Path2D, view: View): void {
  context.save();
  context.setTransform(view.scale, 0, 0, view.scale, view.x, view.y);
  for (const [colour, width] of [
    ['#111', 3],
    ['#fff', 1.5],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = (width * devicePixelRatio) / view.scale;
    context.stroke(path);
  }
  context.restore();
}

function outlinePath(polygon: Polygon): Path2D {
  const path = new Path2D();
  polygon.forEach(({ x, y }, i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  path.closePath();
  return path;
}

function cursorPath({ x, y, radius }: NonNullable<Drawn['cursor']>): Path2D {
  const path = new Path2D();
  path.arc(x, y, radius, 0, 2 * Math.PI);
  return path;
}

/** Where there is no picture, a chequered ground says so. */
function drawBackground(
  context: CanvasRenderingContext2D,
  { scale, x, y }: View,
  { width, height }: Drawn['raster'],
): void {
  context.fillStyle = transparencyPattern(context);
  context.fillRect(x, y, width * scale, height * scale);
}

/** Draws into a canvas of the picture's size. */
export function drawRegion(
  canvas: HTMLCanvasElement,
  drawn: Drawn,
  size: { readonly width: number; readonly height: number },
  density: number,
): void {
  canvas.width = Math.round(size.width * density);
  canvas.height = Math.round(size.height * density);
  const { raster } = drawn;
  const { scale, x, y } = drawn.view;
  const view = { scale: scale * density, x: x * density, y: y * density };
  const context = canvas.getContext('2d')!;
  drawBackground(context, view, raster);
  context.imageSmoothingEnabled = view.scale < 4;
  context.imageSmoothingQuality = 'high';
  const isClose = raster.width * view.scale > 1.5 * copySide;
  const picture = isClose ? raster.canvas : copyOf(raster.canvas);
  context.drawImage(picture, view.x, view.y, raster.width * view.scale, raster.height * view.scale);
  const rest = new OffscreenCanvas(canvas.width, canvas.height);
  drawShade(rest.getContext('2d')!, drawn, view);
  if (drawn.preview) drawPreview(context, drawn.preview, view, rest);
  context.drawImage(rest, 0, 0);
  if (drawn.outline) trace(context, outlinePath(drawn.outline), view);
  if (drawn.cursor) trace(context, cursorPath(drawn.cursor), view);
}
