/** What can be seen of a mask's colours and opacity as a whole, before any pixel is judged. */
import type { RgbaImage } from './raster.js';

/** Units: 0..255. */
export type Rgb = readonly [r: number, g: number, b: number];

export interface MaskSurvey {
  /** The opacity of what is opaque: less than 255 in a layer saved half transparent. */
  readonly alphaTop: number;
  /** Some pixels are far less opaque than others. */
  readonly isTransparent: boolean;
  /** Part of the pixels that are opaque. */
  readonly visibleShare: number;
  /** Every visible pixel has the same colour. */
  readonly isPlain: boolean;
  /** Every visible pixel is a grey. */
  readonly isNeutral: boolean;
  /** The colours are those of a photo rather than of a mask. */
  readonly isPicture: boolean;
  /** The most frequent colours, most frequent first; the second one far from the first. */
  readonly colours: readonly Rgb[];
}

/** Colours farther apart than this, in one channel, are two. */
const apart = 48;
/** Channels of a grey differ by no more: chroma that a lossy file leaves. */
const greyChroma = 40;

/** Colours counted in cubes of 16 levels a side. */
class ColourCounts {
  private readonly _counts = new Uint32Array(4096);
  private readonly _sums = new Float64Array(3 * 4096);
  total = 0;

  add(r: number, g: number, b: number): void {
    const cube = ((r >> 4) << 8) | ((g >> 4) << 4) | (b >> 4);
    this._counts[cube]++;
    this._sums[3 * cube] += r;
    this._sums[3 * cube + 1] += g;
    this._sums[3 * cube + 2] += b;
    this.total++;
  }

  /** How many cubes have more than a few of the pixels. */
  get variety(): number {
    const few = this.total / 2000;
    return this._counts.reduce((sum, count) => sum + (count > few ? 1 : 0), 0);
  }

  /** The most frequent colour that is far from all of these. */
  mostFrequent(except: readonly Rgb[] = []): Rgb | null {
    let best = -1;
    for (let cube = 0; cube < this._counts.length; cube++) {
      if (this._counts[cube] === 0 || (best >= 0 && this._counts[cube] <= this._counts[best]))
        continue;
      if (except.every((colour) => distance(colour, this._meanOf(cube)) > apart)) best = cube;
    }
    return best < 0 ? null : this._meanOf(best);
  }

  /** Part of the pixels that lie near one of these colours. */
  shareNear(colours: readonly Rgb[]): number {
    let near = 0;
    this._counts.forEach((count, cube) => {
      if (count && colours.some((c) => distance(c, this._meanOf(cube)) <= apart)) near += count;
    });
    return near / Math.max(1, this.total);
  }

  private _meanOf(cube: number): Rgb {
    const mean = (c: number) => Math.round(this._sums[3 * cube + c] / this._counts[cube]);
    return [mean(0), mean(1), mean(2)];
  }
}

function distance(a: Rgb, b: Rgb): number {
  return Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]), Math.abs(a[2] - b[2]));
}

/** The largest opacity that more than a few pixels have. */
function alphaTopOf({ data }: RgbaImage): number {
  const counts = new Uint32Array(256);
  for (let i = 3; i < data.length; i += 4) counts[data[i]]++;
  const visible = data.length / 4 - counts[0];
  let sum = 0;
  for (let alpha = 255; alpha > 0; alpha--) {
    sum += counts[alpha];
    if (sum > 0.01 * visible) return alpha;
  }
  return 255;
}

/** Looks at every pixel once or twice. */
export function surveyMask(image: RgbaImage): MaskSurvey {
  const { data } = image;
  const alphaTop = alphaTopOf(image);
  const counts = new ColourCounts();
  let isNeutral = true;
  for (let i = 0; i < data.length; i += 4) {
    if (2 * data[i + 3] < alphaTop || data[i + 3] === 0) continue;
    const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
    counts.add(r, g, b);
    if (Math.max(r, g, b) - Math.min(r, g, b) > greyChroma) isNeutral = false;
  }
  const pixels = data.length / 4;
  const colours = frequentColours(counts);
  return {
    alphaTop,
    isTransparent: counts.total < pixels,
    visibleShare: counts.total / pixels,
    isPlain: colours.length < 2,
    isNeutral,
    isPicture: isPicture(counts, colours, isNeutral, counts.total / pixels),
    colours,
  };
}

function frequentColours(counts: ColourCounts): Rgb[] {
  const first = counts.mostFrequent();
  const second = first && counts.mostFrequent([first]);
  return [first, second].filter((colour) => colour !== null);
}

/** Counted: lossy files of two colours have up to 50 frequent ones, small photos over 100. */
const leastVariety = 70;

/**
 * A mask has few colours and what lies between them, a photo many. Greys are a photo's only where a
 * part of them has been erased: a gradient is a mask.
 */
function isPicture(
  counts: ColourCounts,
  colours: readonly Rgb[],
  isNeutral: boolean,
  visibleShare: number,
): boolean {
  if (!isNeutral) return counts.variety > leastVariety;
  return counts.shareNear(colours) < 0.5 && visibleShare < 0.995;
}

/** The ground that marks lie on: black where there is black, else the colour at the border. */
export function backgroundOf({ width, height, data }: RgbaImage, survey: MaskSurvey): Rgb {
  const black = survey.colours.find((colour) => Math.max(...colour) < 40);
  if (black) return black;
  const counts = new ColourCounts();
  const add = (x: number, y: number) => {
    const at = 4 * (y * width + x);
    if (2 * data[at + 3] >= survey.alphaTop) counts.add(data[at], data[at + 1], data[at + 2]);
  };
  for (let x = 0; x < width; x++) [0, height - 1].forEach((y) => add(x, y));
  for (let y = 1; y < height - 1; y++) [0, width - 1].forEach((x) => add(x, y));
  return counts.mostFrequent() ?? survey.colours[0];
}
