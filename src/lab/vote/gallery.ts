/** The pictures that are voted on: of a run, or of a folder with a folder of pictures per method. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Coverage, RgbaImage } from '../../image/raster.js';
import { RepaintError } from '../../protocol/failure.js';
import { holeOf } from '../evaluation/holes.js';
import { encodePng, imageFiles, readPicture } from '../evaluation/photos.js';
import type { Unit } from '../evaluation/units.js';
import { readRun } from '../report/read-run.js';

/** One hole and who filled it. */
export interface VoteCase {
  readonly name: string;
  readonly methods: readonly string[];
}

export interface Gallery {
  readonly cases: readonly VoteCase[];
  /** A fill as PNG. */
  fill(name: string, method: string): Promise<Uint8Array>;
  /** The photo with its hole, as PNG; null where there is none. */
  input(name: string): Promise<Uint8Array | null>;
}

/** The hole in two greys, as editors show transparency. */
function withHole(picture: RgbaImage, hole: Coverage): RgbaImage {
  const data = picture.data.slice();
  const cell = Math.max(4, Math.round(picture.width / 48));
  hole.data.forEach((value, i) => {
    if (value <= 127) return;
    const [x, y] = [i % hole.width, Math.floor(i / hole.width)];
    const isLight = (Math.floor(x / cell) + Math.floor(y / cell)) % 2 === 0;
    data.fill(isLight ? 235 : 205, 4 * i, 4 * i + 3);
  });
  return { ...picture, data };
}

async function galleryOfRun(folder: string): Promise<Gallery> {
  const run = await readRun([folder]);
  const units = new Map<string, Map<string, Unit>>();
  for (const record of run.records) {
    if (record.status !== 'made') continue;
    const name = `${record.mask}/${record.photo}-${record.seed}`;
    const own = units.get(name) ?? new Map<string, Unit>();
    units.set(name, own.set(record.method, record));
  }
  return {
    cases: [...units].map(([name, own]) => ({ name, methods: [...own.keys()] })),
    fill: (name, method) => readFile(run.picture(units.get(name)!.get(method)!)),
    input: async (name) => {
      // Outside the hole every fill is the photo.
      const [unit] = units.get(name)!.values();
      const picture = await readPicture(run.picture(unit));
      return encodePng(withHole(picture, await holeOf(run.plan, unit)));
    },
  };
}

/** The folder beside the methods' that holds photos with their holes. */
const inputFolder = 'input';

async function galleryOfFolders(folder: string): Promise<Gallery> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw new RepaintError('badRequest', `Cannot read the folder ${folder}: ${cause.message}.`);
  });
  const methods = entries
    .filter((entry) => entry.isDirectory() && entry.name !== inputFolder)
    .map(({ name }) => name)
    .sort();
  const cases = new Map<string, string[]>();
  for (const method of methods)
    for (const file of await imageFiles(path.join(folder, method)))
      cases.set(file, [...(cases.get(file) ?? []), method]);
  const png = async (file: string) => encodePng(await readPicture(file));
  return {
    cases: [...cases].map(([name, own]) => ({ name, methods: own })),
    fill: (name, method) => png(path.join(folder, method, name)),
    input: async (name) => {
      const file = path.join(folder, inputFolder, name);
      return existsSync(file) ? png(file) : null;
    },
  };
}

/** Throws: RepaintError badRequest when the folder has nothing to compare. */
export async function openGallery(folder: string): Promise<Gallery> {
  const isRun = existsSync(path.join(folder, 'run.json'));
  const gallery = await (isRun ? galleryOfRun(folder) : galleryOfFolders(folder));
  if (gallery.cases.some(({ methods }) => methods.length > 1)) return gallery;
  throw new RepaintError(
    'badRequest',
    `${folder} has no hole with fills of two methods; give a run's folder, or one with a folder of pictures for each method.`,
  );
}
