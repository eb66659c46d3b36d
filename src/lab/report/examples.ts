/** The best and the worst fills of a method as strips: original, hole, fill. */
import sharp from 'sharp';
import type { Coverage, RgbaImage } from '../../image/raster.js';
import { holeOf } from '../evaluation/holes.js';
import { readPicture, readSquare } from '../evaluation/photos.js';
import type { MadeRecord } from '../evaluation/units.js';
import { badness, measured, measureWords, type MeasureName } from './measures.js';
import type { ReadRun } from './read-run.js';

/** A strip as a data address, and what it shows. */
export interface Example {
  readonly method: string;
  readonly kind: 'best' | 'worst';
  readonly caption: string;
  readonly source: string;
}

/** Strips are at most this many pixels high. */
const stripHeight = 192;

/** The photo with the hole in flat magenta, which no photo has. */
function marked(photo: RgbaImage, hole: Coverage): RgbaImage {
  const data = photo.data.slice();
  hole.data.forEach((value, i) => {
    if (value > 127) data.set([255, 0, 255], 4 * i);
  });
  return { ...photo, data };
}

async function strip(pictures: readonly RgbaImage[]): Promise<string> {
  const { width, height } = pictures[0];
  const gap = Math.max(2, Math.round(width / 64));
  const create = {
    width: pictures.length * width + (pictures.length - 1) * gap,
    height,
    channels: 4,
    background: '#0000',
  } as const;
  const overlays = pictures.map((picture, k) => ({
    input: Buffer.from(picture.data.buffer),
    raw: { width, height, channels: 4 as const },
    left: k * (width + gap),
    top: 0,
  }));
  const whole = await sharp({ create }).composite(overlays).png().toBuffer();
  const small = sharp(whole).resize({ height: Math.min(height, stripHeight) });
  return `data:image/webp;base64,${(await small.webp({ quality: 80 }).toBuffer()).toString('base64')}`;
}

async function example(
  run: ReadRun,
  photosFolder: string,
  record: MadeRecord,
  kind: Example['kind'],
  measure: MeasureName,
): Promise<Example> {
  const fill = await readPicture(run.picture(record));
  const caption = `${record.photo}, ${record.mask}, seed ${record.seed}: ${measured(record, measure)!.toFixed(measureWords[measure].digits)}`;
  const photo = await readSquare(`${photosFolder}/${record.photo}`, run.plan.size).catch(
    () => null,
  );
  // Photos may be elsewhere than where the report is made.
  const pictures = photo ? [photo, marked(photo, await holeOf(run.plan, record)), fill] : [fill];
  return { method: record.method, kind, caption, source: await strip(pictures) };
}

/** Returns `count` of the best and of the worst of each method by a measure, the worst first. */
export async function bestAndWorst(
  run: ReadRun,
  photosFolder: string,
  measure: MeasureName,
  count: number,
): Promise<Example[]> {
  const words = measureWords[measure];
  const rank = (record: MadeRecord) => badness(measured(record, measure) ?? 0, words);
  const examples: Example[] = [];
  for (const { name } of run.plan.methods) {
    const made = run.records.filter(
      (record): record is MadeRecord =>
        record.status === 'made' && record.method === name && measured(record, measure) !== null,
    );
    const ranked = made
      .map((record, order) => ({ record, order, value: rank(record) }))
      .sort((a, b) => b.value - a.value || a.order - b.order)
      .map(({ record }) => record);
    const worst = ranked.slice(0, count);
    const best = ranked.slice(Math.max(worst.length, ranked.length - count));
    for (const record of worst)
      examples.push(await example(run, photosFolder, record, 'worst', measure));
    for (const record of best)
      examples.push(await example(run, photosFolder, record, 'best', measure));
  }
  return examples;
}
