/** `repaint-fill lab masks`: lists the masks, or writes them and the squares they belong to. */
import { join, parse } from 'node:path';
import { Command } from 'commander';
import {
  encodePng,
  holePicture,
  imageFiles,
  readHole,
  readSquare,
} from '../lab/evaluation/photos.js';
import { writeWhole } from '../lab/evaluation/store.js';
import { holeShare } from '../lab/masks/draw.js';
import { makeHole, maskNames, maskWords, type MaskName } from '../lab/masks/masks.js';
import { readMasks } from './lab-run.js';
import { integer } from './numbers.js';

interface MasksOptions {
  readonly masks: string;
  readonly photos?: string;
  readonly size: number;
  readonly limit: number;
  readonly maskSeed: number;
  readonly out?: string;
  readonly json: boolean;
}

function list(isJson: boolean): void {
  if (isJson) console.log(JSON.stringify(maskWords, null, 2));
  else for (const name of maskNames) console.log(`${name.padEnd(18)}${maskWords[name]}`);
}

async function masks(options: MasksOptions): Promise<void> {
  const { out, photos, size, limit, maskSeed } = options;
  if (out === undefined) return list(options.json);
  const files = photos === undefined ? null : (await imageFiles(photos)).slice(0, limit);
  const names = files ?? Array.from({ length: limit }, (_, k) => String(k + 1));
  const written: { file: string; holeShare: number }[] = [];
  for (const { name, folder } of readMasks(options.masks)) {
    const given = folder === null ? [] : await imageFiles(folder);
    for (const [number, photo] of names.entries()) {
      const hole =
        folder === null
          ? makeHole(name as MaskName, { width: size, height: size }, maskSeed, number)
          : await readHole(join(folder, given[number % given.length]), size);
      const file = join(out, 'masks', `${parse(photo).name}-${name}.png`);
      await writeWhole(file, await encodePng(holePicture(hole)));
      written.push({ file, holeShare: holeShare(hole) });
    }
  }
  for (const photo of files ?? []) {
    const square = await encodePng(await readSquare(join(photos!, photo), size));
    await writeWhole(join(out, 'photos', `${parse(photo).name}.png`), square);
  }
  if (options.json) console.log(JSON.stringify(written, null, 2));
  else console.log(`${written.length} masks in ${join(out, 'masks')}: white is the hole`);
}

/** The `lab masks` subcommand. */
export function labMasksCommand(): Command {
  return new Command('masks')
    .description('list the masks; with --out write them, for other programs to fill')
    .option('--masks <list>', 'masks by name', maskNames.join(','))
    .option('--photos <dir>', 'write the squares of these photos too, and a mask for each')
    .option('--size <n>', 'pixels a side', integer(32, 4096), 256)
    .option('--limit <n>', 'how many of each', integer(1), 10)
    .option('--mask-seed <n>', 'seed of the masks', integer(0, 2 ** 32 - 1), 1)
    .option('--out <dir>', 'folder to write to')
    .option('--json', 'JSON on stdout instead of words', false)
    .action(masks);
}
