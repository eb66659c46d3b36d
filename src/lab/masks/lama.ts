/**
 * The Wide and Narrow masks of RePaint's section 5, by LaMa's generator (Suvorov et al. 2022,
 * arXiv 2109.07161, its published settings for 256 pixels; lengths grow with the picture).
 * Written from the description: chains of thick lines, and for Wide now and then rectangles.
 */
import type { Size } from '../../image/geometry.js';
import type { Coverage } from '../../image/raster.js';
import { drawBox, drawLine, holeShare, noHole } from './draw.js';
import type { Random } from './random.js';

/** Pixels at 256 x 256. Counts and lengths are drawn uniformly. */
interface LamaSettings {
  readonly minStrokes: number;
  readonly maxStrokes: number;
  readonly maxLength: number;
  readonly maxWidth: number;
  /** How often rectangles take the place of strokes. */
  readonly boxShare: number;
}

export const lamaSettings = {
  wide: { minStrokes: 1, maxStrokes: 5, maxLength: 200, maxWidth: 100, boxShare: 0.3 / 1.3 },
  narrow: { minStrokes: 4, maxStrokes: 50, maxLength: 40, maxWidth: 10, boxShare: 0 },
} as const satisfies Record<string, LamaSettings>;

/** A mask is one of so many that are drawn and have no more hole than this. */
const variants = 5;
const largestHole = 0.5;

const between = (random: Random, low: number, high: number) => low + random.below(high - low + 1);

function strokes(size: Size, settings: LamaSettings, random: Random): Coverage {
  const hole = noHole(size);
  const scale = Math.min(size.width, size.height) / 256;
  const clip = (value: number, limit: number) => Math.min(limit, Math.max(0, Math.trunc(value)));
  const count = between(random, settings.minStrokes, settings.maxStrokes);
  for (let stroke = 0; stroke < count; stroke++) {
    let at = { x: random.below(size.width), y: random.below(size.height) };
    const segments = between(random, 1, 5);
    for (let i = 0; i < segments; i++) {
      const drawn = 0.01 + random.below(4);
      const angle = stroke % 2 === 0 ? 2 * Math.PI - drawn : drawn;
      const length = scale * (10 + random.below(settings.maxLength));
      const width = scale * (5 + random.below(settings.maxWidth));
      const to = {
        x: clip(at.x + length * Math.sin(angle), size.width),
        y: clip(at.y + length * Math.cos(angle), size.height),
      };
      drawLine(hole, at, to, width);
      at = to;
    }
  }
  return hole;
}

function boxes(size: Size, random: Random): Coverage {
  const hole = noHole(size);
  const scale = Math.min(size.width, size.height) / 256;
  const [margin, least, most] = [10, 30, 150].map((value) => Math.round(scale * value));
  const count = between(random, 1, 3);
  for (let i = 0; i < count; i++) {
    const width = Math.min(between(random, least, most), size.width - 2 * margin);
    const height = Math.min(between(random, least, most), size.height - 2 * margin);
    const x = margin + random.below(size.width - 2 * margin - width + 1);
    const y = margin + random.below(size.height - 2 * margin - height + 1);
    drawBox(hole, { x, y, width, height });
  }
  return hole;
}

/** Draws a hole of at most half of the picture. */
export function lamaHole(size: Size, settings: LamaSettings, random: Random): Coverage {
  for (;;) {
    const drawn = Array.from({ length: variants }, () =>
      random.next() < settings.boxShare ? boxes(size, random) : strokes(size, settings, random),
    );
    const usable = drawn.filter((hole) => {
      const share = holeShare(hole);
      return share > 0 && share <= largestHole;
    });
    if (usable.length > 0) return usable[random.below(usable.length)];
  }
}
