/** Which hole a unit has: by its mask's name and its photo's number, or from a folder of images. */
import path from 'node:path';
import type { Coverage } from '../../image/raster.js';
import { expectMaskName, makeHole } from '../masks/masks.js';
import { imageFiles, readHole } from './photos.js';
import type { RunPlan, Unit } from './units.js';

/**
 * The mask image of a photo: the one of its name, else the one of its number, going round.
 * Throws: Error when the folder is empty; UnreadableError.
 */
export async function holeFromFolder(
  folder: string,
  photo: string,
  number: number,
  size: number,
): Promise<Coverage> {
  const files = await imageFiles(folder);
  if (files.length === 0) throw new Error(`the folder of masks ${folder} has no picture`);
  const own = files.find((file) => path.parse(file).name === path.parse(photo).name);
  return readHole(path.join(folder, own ?? files[number % files.length]), size);
}

/** Throws: Error when a mask's folder cannot be read. */
export async function holeOf(plan: RunPlan, { mask, photo }: Unit): Promise<Coverage> {
  const { folder } = plan.masks.find(({ name }) => name === mask)!;
  const number = plan.photos.indexOf(photo);
  if (folder !== null) return holeFromFolder(folder, photo, number, plan.size);
  const size = { width: plan.size, height: plan.size };
  return makeHole(expectMaskName(mask), size, plan.maskSeed, number);
}
