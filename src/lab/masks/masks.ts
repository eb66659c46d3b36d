/** The masks of the evaluation by name: RePaint's section 5, and our own. */
import type { Size } from '../../image/geometry.js';
import type { Coverage } from '../../image/raster.js';
import { RepaintError } from '../../protocol/failure.js';
import { drawBox, drawEllipse, drawLine, noHole } from './draw.js';
import { lamaHole, lamaSettings } from './lama.js';
import { randomStream, type Random } from './random.js';

/** What is a hole, told of each pixel. */
function patterned(size: Size, isHole: (x: number, y: number) => boolean): Coverage {
  const { width, height, data } = noHole(size);
  return {
    width,
    height,
    data: data.map((_, i) => (isHole(i % width, Math.floor(i / width)) ? 255 : 0)),
  };
}

/** All but the middle quarter of each side. */
function around({ width, height }: Size): Coverage {
  const [left, top] = [Math.round((3 * width) / 8), Math.round((3 * height) / 8)];
  const [right, bottom] = [Math.round((5 * width) / 8), Math.round((5 * height) / 8)];
  return patterned({ width, height }, (x, y) => x < left || x >= right || y < top || y >= bottom);
}

/** An ellipse of a fifth to two fifths of each side, wholly inside. */
function ellipse(size: Size, random: Random): Coverage {
  const hole = noHole(size);
  const [width, height] = [size.width, size.height].map(
    (side) => side * (0.2 + 0.2 * random.next()),
  );
  const x = random.next() * (size.width - width);
  const y = random.next() * (size.height - height);
  drawEllipse(hole, { x, y, width, height });
  return hole;
}

/** Four strokes as of a brush, a twentieth of the shorter side wide. */
function brush(size: Size, random: Random): Coverage {
  const hole = noHole(size);
  const shorter = Math.min(size.width, size.height);
  const bounded = (value: number, limit: number) =>
    Math.min(limit - 0.1 * shorter, Math.max(0.1 * shorter, value));
  for (let stroke = 0; stroke < 4; stroke++) {
    let at = { x: size.width * random.next(), y: size.height * random.next() };
    for (let i = 0; i < 5; i++) {
      const to = {
        x: bounded(at.x + shorter * (random.next() - 0.5) * 0.6, size.width),
        y: bounded(at.y + shorter * (random.next() - 0.5) * 0.6, size.height),
      };
      drawLine(hole, at, to, 0.05 * shorter);
      at = to;
    }
  }
  return hole;
}

/** Two boxes of an eighth to three eighths of each side. */
function boxes(size: Size, random: Random): Coverage {
  const hole = noHole(size);
  const side = (length: number) => Math.round(length * (0.125 + 0.25 * random.next()));
  for (let i = 0; i < 2; i++) {
    const [width, height] = [side(size.width), side(size.height)];
    const x = random.below(size.width - width + 1);
    const y = random.below(size.height - height + 1);
    drawBox(hole, { x, y, width, height });
  }
  return hole;
}

type Maker = (size: Size, random: Random) => Coverage;

/** The authors keep even rows and columns or odd ones: not printed; here even ones are known. */
const makers = {
  wide: (size, random) => lamaHole(size, lamaSettings.wide, random),
  narrow: (size, random) => lamaHole(size, lamaSettings.narrow, random),
  'super-resolve-2x': (size) => patterned(size, (x, y) => x % 2 === 1 || y % 2 === 1),
  'alternate-lines': (size) => patterned(size, (_, y) => y % 2 === 1),
  half: (size) => patterned(size, (x) => x >= Math.floor(size.width / 2)),
  expand: (size) => around(size),
  ellipse,
  strokes: brush,
  boxes,
} as const satisfies Record<string, Maker>;

export type MaskName = keyof typeof makers;
export const maskNames = Object.keys(makers) as MaskName[];
/** The six of the paper's Table 1, in its order. */
export const paperMasks: readonly MaskName[] = maskNames.slice(0, 6);

/** One sentence for each mask, for `lab masks` and the report. */
export const maskWords: Readonly<Record<MaskName, string>> = {
  wide: "LaMa's wide strokes and boxes, at most half of the picture",
  narrow: "LaMa's narrow strokes, at most half of the picture",
  'super-resolve-2x': 'every second row and column is known, three quarters are not',
  'alternate-lines': 'every second row is known',
  half: 'the left half is known',
  expand: 'the middle quarter of each side is known',
  ellipse: 'an ellipse of a fifth to two fifths of each side',
  strokes: 'brush strokes of a twentieth of the shorter side',
  boxes: 'two boxes of an eighth to three eighths of each side',
};

/** Throws: RepaintError badRequest naming the masks there are. */
export function expectMaskName(name: string): MaskName {
  const found = maskNames.find((mask) => mask === name);
  if (found) return found;
  throw new RepaintError(
    'badRequest',
    `There is no mask "${name}"; give some of ${maskNames.join(', ')}, or a folder of mask images.`,
  );
}

/**
 * Makes a hole. The same name, size, seed and number give the same hole; each photo has a number
 * of its own, so that every method sees the same holes. Shapes: 255 = hole.
 */
export function makeHole(name: MaskName, size: Size, seed: number, number: number): Coverage {
  return makers[name](size, randomStream(seed, `${name} ${number}`));
}
