/** What an image given as a mask means: one decision for every way people save them. Pure. */
import { hasSoftEdges, invertCoverage } from './coverage.js';
import { backgroundOf, surveyMask, type MaskSurvey, type Rgb } from './mask-survey.js';
import type { Coverage, RgbaImage } from './raster.js';

/** What was taken for the region: what is white, opaque, or of another colour than the ground. */
export type MaskMeaning =
  | { readonly kind: 'white' }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'marked'; readonly background: Rgb };

export interface MaskReading {
  readonly coverage: Coverage;
  readonly meaning: MaskMeaning;
  /** It has the colours of a photo and nothing transparent: perhaps the wrong file. */
  readonly looksLikePhoto: boolean;
}

export interface MaskOptions {
  /** The file was compressed with loss, so that small differences mean nothing. */
  readonly isLossy?: boolean;
  /** Fill what the mask keeps. */
  readonly isInverted?: boolean;
}

/**
 * Decides by the whole picture. Where every visible pixel has one colour, or where a picture has
 * transparent parts, opacity is the region. Greys are luminance times opacity. In colours it is
 * whatever differs from the ground: black where there is black, else the colour at the border. A
 * plain brush counts in full whatever its colour or opacity, video range is stretched, and a soft
 * mask is followed as it is.
 * Shapes: returns a coverage of the image's size.
 */
export function readMask(image: RgbaImage, options: MaskOptions = {}): MaskReading {
  const survey = surveyMask(image);
  const meaning = meaningOf(image, survey);
  const strength = stretched(strengthOf(image, survey, meaning));
  const { width, height } = image;
  const clean = withoutNoise(
    { width, height, data: strength },
    options.isLossy ?? false,
    meaning.kind === 'marked',
  );
  const looksLikePhoto = meaning.kind === 'white' && survey.isPicture && !survey.isNeutral;
  return { meaning, looksLikePhoto, coverage: options.isInverted ? invertCoverage(clean) : clean };
}

function meaningOf(image: RgbaImage, survey: MaskSurvey): MaskMeaning {
  const { isTransparent, isPlain, isNeutral, isPicture, visibleShare } = survey;
  if (isTransparent && (isPlain || isPicture)) return { kind: 'opaque' };
  if (isNeutral || isPicture) return { kind: 'white' };
  // Coloured strokes on nothing; with black among them they are a layer with a ground of its own.
  const background = backgroundOf(image, survey);
  const hasGround = visibleShare > 0.5 || Math.max(...background) < 40;
  return isTransparent && !hasGround ? { kind: 'opaque' } : { kind: 'marked', background };
}

/** Strength of each pixel, 0..255, in the mask's own range. */
function strengthOf(
  { data }: RgbaImage,
  survey: MaskSurvey,
  meaning: MaskMeaning,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(data.length / 4);
  const { alphaTop } = survey;
  const colour = meaning.kind === 'marked' ? distanceFrom(meaning.background) : luminance;
  for (let i = 0; i < out.length; i++) {
    const alpha = data[4 * i + 3];
    if (meaning.kind === 'opaque') out[i] = alpha;
    else out[i] = Math.round(colour(data, 4 * i) * Math.min(1, alpha / alphaTop));
  }
  return out;
}

function luminance(data: Uint8ClampedArray, at: number): number {
  return 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
}

function distanceFrom([r, g, b]: Rgb): typeof luminance {
  return (data, at) =>
    Math.max(Math.abs(data[at] - r), Math.abs(data[at + 1] - g), Math.abs(data[at + 2] - b));
}

/** Levels nearer to each other than this are one, as far as a plain area goes. */
const plainRange = 16;
/** A plain area makes up this part of the lighter or darker half. */
const plainPart = 0.6;

/** The level below which `part` of the pixels of a range lie, from its lower end. */
function quantile(counts: Uint32Array, from: number, to: number, part: number): number {
  let total = 0;
  for (let level = from; level <= to; level++) total += counts[level];
  let sum = 0;
  for (let level = from; level <= to; level++) {
    sum += counts[level];
    if (sum > part * total) return level;
  }
  return to;
}

function partWithin(
  counts: Uint32Array,
  [from, to]: [number, number],
  [low, high]: [number, number],
) {
  let [inside, total] = [0, 0];
  for (let level = from; level <= to; level++) {
    total += counts[level];
    if (level >= low && level <= high) inside += counts[level];
  }
  return inside / Math.max(1, total);
}

/** What counts as nothing and as full: plain areas, video range, else the whole range. */
function rangeOf(counts: Uint32Array, min: number, max: number): [number, number] {
  const middle = Math.ceil((min + max) / 2);
  const bottom = quantile(counts, min, middle - 1, 0.02);
  const top = quantile(counts, middle, max, 0.98);
  const isDarkPlain =
    partWithin(counts, [min, middle - 1], [bottom, bottom + plainRange]) > plainPart;
  const isLightPlain = partWithin(counts, [middle, max], [top - plainRange, top]) > plainPart;
  const low = isDarkPlain ? bottom : 0;
  if (isLightPlain) return [low, top];
  const isVideo = Math.abs(low - 16) <= 2 && Math.abs(top - 235) <= 5;
  return [low, isVideo ? 235 : 255];
}

/** Stretches a mask to 0..255; one that is all alike is all or nothing. */
function stretched(strength: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const counts = new Uint32Array(256);
  for (let i = 0; i < strength.length; i++) counts[strength[i]]++;
  const present = Array.from(counts.keys()).filter((level) => counts[level] > 0);
  const [min, max] = [present[0], present[present.length - 1]];
  if (max - min < 24) return strength.fill(max < 128 ? 0 : 255);
  const [low, high] = rangeOf(counts, min, max);
  const levels = Uint8ClampedArray.from(counts, (_, level) => (255 * (level - low)) / (high - low));
  return strength.map((value) => levels[value]);
}

/** What a lossy file leaves of nothing and of full: in a soft mask, and near a hard edge. */
const softNoise = 8;
const hardNoise = 40;
/** The least step of a hard edge in colours, which lossy files keep at half the size. */
const colourStep = 60;

/**
 * Takes compression's noise out. A hard edge keeps its antialiased pixels, and what is nearly nothing
 * or nearly full elsewhere becomes so; in a soft mask only the ends of the range are cleaned.
 */
function withoutNoise(coverage: Coverage, isLossy: boolean, isColour: boolean): Coverage {
  if (!isLossy) return hasSoftEdges(coverage) ? coverage : snappedToEdges(coverage);
  if (isColour && !hasSoftEdges(coverage, colourStep)) return cleaned(steepened(coverage));
  return hasSoftEdges(coverage) ? clamped(coverage, softNoise) : cleaned(coverage);
}

function cleaned(coverage: Coverage): Coverage {
  return clamped(snappedToEdges(coverage, 0), hardNoise);
}

function steepened({ data, ...size }: Coverage): Coverage {
  const clip = (value: number) => Math.min(255, Math.max(0, value));
  return { ...size, data: data.map((value) => clip(2 * value - 128)) };
}

function clamped({ data, ...size }: Coverage, noise: number): Coverage {
  const clean = (value: number) => (value <= noise ? 0 : value >= 255 - noise ? 255 : value);
  return { ...size, data: data.map(clean) };
}

/** Farther than this from nothing and from full is no noise but meant. */
const mostNoise = 72;

/**
 * Makes what is nearly nothing or nearly full so, except along edges; unless `leastNoise` pixels of
 * it for each pixel along an edge differ from their neighbour, as noise does and plain areas do not.
 */
function snappedToEdges(coverage: Coverage, leastNoise = 0.5): Coverage {
  const { width, height, data } = coverage;
  const out = data.slice();
  let [edges, noise] = [0, 0];
  for (let i = 0, y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const rest = Math.min(data[i], 255 - data[i]);
      const isEdge = isAtEdge(data, i, { x, y, width, height });
      if (isEdge) edges++;
      if (isEdge || rest === 0 || rest > mostNoise) continue;
      if (x > 0 && data[i - 1] !== data[i]) noise++;
      out[i] = data[i] < 128 ? 0 : 255;
    }
  }
  return noise < leastNoise * edges ? coverage : { width, height, data: out };
}

interface At {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** True where one of the eight neighbours lies on the other side of half. */
function isAtEdge(data: Uint8Array, i: number, { x, y, width, height }: At): boolean {
  const isIn = data[i] >= 128;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
      if (data[v * width + u] >= 128 !== isIn) return true;
    }
  }
  return false;
}
