/** A distance between two pictures in the features of a trained network, over a hole. */
import type { Size } from '../../image/geometry.js';
import type { Coverage, RgbaImage } from '../../image/raster.js';

/** What one layer answers. Shapes: data [channels*height*width]. */
export interface FeatureMap extends Size {
  readonly channels: number;
  readonly data: Float32Array;
}

/** A picture's features at each layer that counts. */
export type Features = readonly FeatureMap[];

/** A network whose layers are compared. Shapes: image [3*height*width], sides multiples of 32. */
export interface FeatureNetwork {
  /** For the report: which layers of which network. */
  readonly name: string;
  run(image: Float32Array, size: Size): Promise<Features>;
}

const multiple = 32;
const padded = (side: number) => Math.ceil(side / multiple) * multiple;

/** Mirrors an index that lies past the last pixel, the edge not repeated. */
const reflected = (at: number, length: number) => (at < length ? at : 2 * (length - 1) - at);

/**
 * Runs the network over a picture, mirrored at the right and below to sides it takes.
 * Units: (value - 127) / 128. Throws: RangeError for a side under 32 pixels.
 */
export async function featuresOf(network: FeatureNetwork, picture: RgbaImage): Promise<Features> {
  const { width, height, data } = picture;
  if (Math.min(width, height) < multiple)
    throw new RangeError(`features need sides of at least 32 pixels, got ${width} x ${height}`);
  const size = { width: padded(width), height: padded(height) };
  const plane = size.width * size.height;
  const image = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    const x = reflected(i % size.width, width);
    const y = reflected(Math.floor(i / size.width), height);
    for (let c = 0; c < 3; c++) image[c * plane + i] = (data[4 * (y * width + x) + c] - 127) / 128;
  }
  return network.run(image, size);
}

/** The part of each feature's square that is hole. Shapes: returns [map.height*map.width]. */
function holeWeights(hole: Coverage, map: FeatureMap): Float64Array {
  const [cellX, cellY] = [padded(hole.width) / map.width, padded(hole.height) / map.height];
  const weights = new Float64Array(map.width * map.height);
  hole.data.forEach((value, i) => {
    if (value <= 127) return;
    const x = Math.floor((i % hole.width) / cellX);
    const y = Math.floor(i / hole.width / cellY);
    weights[y * map.width + x] += 1 / (cellX * cellY);
  });
  return weights;
}

/** Squared distance of two maps' unit vectors at one place. */
function unitDistance(a: FeatureMap, b: FeatureMap, at: number): number {
  const plane = a.width * a.height;
  let [aa, bb] = [0, 0];
  for (let c = 0; c < a.channels; c++) {
    aa += a.data[c * plane + at] ** 2;
    bb += b.data[c * plane + at] ** 2;
  }
  const [lengthA, lengthB] = [Math.sqrt(aa) + 1e-6, Math.sqrt(bb) + 1e-6];
  let sum = 0;
  for (let c = 0; c < a.channels; c++)
    sum += (a.data[c * plane + at] / lengthA - b.data[c * plane + at] / lengthB) ** 2;
  return sum;
}

/**
 * Returns the mean over layers of the hole-weighted squared distance of unit-length features:
 * 0 = the same, 2 = nothing in common. Like LPIPS (Zhang et al. 2018) but without its weights, and
 * not LPIPS. Throws: RangeError when the hole is empty.
 */
export function featureDistance(a: Features, b: Features, hole: Coverage): number {
  const layers = a.map((map, layer) => {
    const weights = holeWeights(hole, map);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) throw new RangeError('a feature distance needs a hole, got none');
    return weights.reduce(
      (sum, weight, at) =>
        weight === 0 ? sum : sum + (weight / total) * unitDistance(map, b[layer], at),
      0,
    );
  });
  return layers.reduce((sum, value) => sum + value, 0) / layers.length;
}
