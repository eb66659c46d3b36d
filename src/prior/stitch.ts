/**
 * Evens the joints between pieces of a fill. Pieces from different places meet in small steps of
 * shade, which show as blotches in skies and walls. The fill keeps each piece's gradients, and
 * where two meet takes the gradient that both of them have there.
 * Source: gradient-domain stitching, Pérez et al. 2003 (Poisson image editing), Agarwala et al. 2004.
 * Deviation: a large step is left alone, for it may be an object's outline.
 */
import { stretchMembrane } from '../image/membrane.js';
import { cropPlanar, type PlanarImage } from '../image/planar.js';
import type { Matches, PhotoImages } from './photo-images.js';

/** Steps about as large count half and less; of [-1, 1]. */
const largestStep = 0.2;

/** Two neighbouring pixels of a window, and how far the second lies on in the picture's index. */
interface Pair {
  readonly first: number;
  readonly second: number;
  readonly stride: number;
}

function* pairs({ window, known }: PhotoImages): Generator<Pair> {
  const { width, height } = window;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const first = y * width + x;
      if (x + 1 < width) yield { first, second: first + 1, stride: 1 };
      if (y + 1 < height) yield { first, second: first + width, stride: known.width };
    }
  }
}

/** A channel's difference along a pair in the pieces that its pixels come from; their mean. */
function pieceStep(plane: Float32Array, from: number, to: number, stride: number): number {
  if (from < 0) return plane[to] - plane[to - stride];
  const first = plane[from + stride] - plane[from];
  return to < 0 ? first : (first + plane[to] - plane[to - stride]) / 2;
}

/** How much lower than they should be pixels lie beside their neighbours. Shapes: [3, H * W]. */
function unevenness(
  image: PlanarImage,
  places: Int32Array,
  images: PhotoImages,
  isKnown: Uint8Array,
): Float32Array[] {
  const { data } = images.known;
  const [plane, whole] = [isKnown.length, data.length / 3];
  const sums = [0, 1, 2].map(() => new Float32Array(plane));
  const pieces = [0, 1, 2].map((c) => data.subarray(c * whole, (c + 1) * whole));
  const steps = new Float64Array(3);
  for (const { first, second, stride } of pairs(images)) {
    const [from, to] = [first, second].map((i) => (isKnown[i] ? -1 : places[i]));
    if (to === from + stride || (from < 0 && to < 0)) continue;
    let square = 0;
    for (let c = 0; c < 3; c++) {
      const seen = image.data[c * plane + second] - image.data[c * plane + first];
      steps[c] = pieceStep(pieces[c], from, to, stride) - seen;
      square += steps[c] ** 2 / 3;
    }
    const share = Math.exp(-square / largestStep ** 2);
    sums.forEach((sum, c) => {
      sum[second] += share * steps[c];
      sum[first] -= share * steps[c];
    });
  }
  return sums;
}

/**
 * `image`: a window's result, `matches`: where its pixels come from.
 * Shapes: image [3, window.height, window.width]. Known pixels stay as they are.
 */
export function stitch(image: PlanarImage, matches: Matches, images: PhotoImages): PlanarImage {
  const { keepMask, window, known } = images;
  const mask = cropPlanar({ ...known, channels: 1, data: keepMask }, window);
  const isKnown = Uint8Array.from(mask.data);
  const flat = new Float32Array(isKnown.length);
  const width = Math.sqrt(isKnown.length);
  const data = image.data.slice();
  unevenness(image, matches.places, images, isKnown).forEach((uneven, c) => {
    const change = stretchMembrane(flat, isKnown, image, width, uneven);
    change.forEach((value, i) => (data[c * change.length + i] += value));
  });
  return { ...image, data };
}
