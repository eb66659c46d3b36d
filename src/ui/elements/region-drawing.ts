/** The layer with its region: outside dimmed, the outline dashed, so that no colour is needed. */
import type { Size } from '../../image/geometry.js';
import type { Outline, Region } from '../selection/region.js';

/** What is drawn of a region. */
type Drawn = Pick<Region, 'outlines'> & {
  readonly raster: Pick<Region['raster'], 'width' | 'height' | 'canvas'>;
};

function shapePath({ polygons }: Outline): Path2D {
  const path = new Path2D();
  for (const polygon of polygons) {
    polygon.forEach(({ x, y }, i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
    path.closePath();
  }
  return path;
}

/**
 * What lies over the picture: shade and outlines, with the inside of every shape taken out again.
 * Of outlines only the outer half stays, so overlapping shapes have one around them all.
 * Units: a pixel of the panel and one of the canvas, both in raster pixels.
 */
function drawSurroundings(
  context: OffscreenCanvasRenderingContext2D,
  { outlines, raster }: Drawn,
  { cssPixel, devicePixel }: { cssPixel: number; devicePixel: number },
): void {
  const shapes = outlines.map((outline) => ({ path: shapePath(outline), rule: outline.fillRule }));
  context.fillStyle = 'rgb(0 0 0 / 45%)';
  context.fillRect(0, 0, raster.width, raster.height);
  context.lineWidth = 4 * cssPixel;
  context.strokeStyle = '#111';
  for (const { path } of shapes) context.stroke(path);
  context.strokeStyle = '#fff';
  context.setLineDash([4 * cssPixel, 3 * cssPixel]);
  for (const { path } of shapes) context.stroke(path);
  context.globalCompositeOperation = 'destination-out';
  context.fillStyle = '#fff';
  context.setLineDash([]);
  context.lineWidth = devicePixel;
  for (const { path, rule } of shapes) {
    context.fill(path, rule);
    // Shapes that only touch would leave a hairline between them.
    context.stroke(path);
  }
}

/** Draws the region's layer into a canvas. Units: size in CSS pixels. */
export function drawRegion(
  canvas: HTMLCanvasElement,
  region: Drawn,
  size: Size,
  density: number,
): void {
  const { raster } = region;
  canvas.width = Math.round(size.width * density);
  canvas.height = Math.round(size.height * density);
  const scale = canvas.width / raster.width;
  const surroundings = new OffscreenCanvas(canvas.width, canvas.height);
  const over = surroundings.getContext('2d')!;
  over.scale(scale, canvas.height / raster.height);
  drawSurroundings(over, region, { cssPixel: density / scale, devicePixel: 1 / scale });
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(raster.canvas, 0, 0, canvas.width, canvas.height);
  context.drawImage(surroundings, 0, 0);
}
