/** The layer with its region: outside dimmed, the outline dashed, so that no colour is needed. */
import type { Size } from '../../image/geometry.js';
import type { Region } from '../selection/region.js';

function regionPath({ outlines }: Region): Path2D {
  const path = new Path2D();
  for (const { polygons } of outlines) {
    for (const polygon of polygons) {
      polygon.forEach(({ x, y }, i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
      path.closePath();
    }
  }
  return path;
}

function dimOutside(context: CanvasRenderingContext2D, region: Region, path: Path2D): void {
  const { raster, outlines } = region;
  const outside = new Path2D();
  outside.rect(0, 0, raster.width, raster.height);
  outside.addPath(path);
  const isSingle = outlines.length === 1;
  context.fillStyle = 'rgb(0 0 0 / 45%)';
  // Shapes that overlap would flip the even-odd rule, so they are not dimmed around.
  if (isSingle) context.fill(outside, 'evenodd');
}

/** Draws the region's layer into a canvas. Units: size in CSS pixels. */
export function drawRegion(
  canvas: HTMLCanvasElement,
  region: Region,
  size: Size,
  density: number,
): void {
  canvas.width = Math.round(size.width * density);
  canvas.height = Math.round(size.height * density);
  const context = canvas.getContext('2d')!;
  const scale = canvas.width / region.raster.width;
  context.imageSmoothingQuality = 'high';
  context.scale(scale, canvas.height / region.raster.height);
  context.drawImage(region.raster.canvas, 0, 0);
  const path = regionPath(region);
  dimOutside(context, region, path);
  const unit = density / scale;
  context.lineWidth = 1.5 * unit;
  context.strokeStyle = '#111';
  context.stroke(path);
  context.strokeStyle = '#fff';
  context.setLineDash([4 * unit, 3 * unit]);
  context.stroke(path);
}
