/** Pictures that another program made, brought as a folder. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Made, Maker, Task } from './methods.js';
import { readPicture } from './photos.js';

/** The names a picture may have: `photo-mask-seed`, or `photo-mask` for every seed; as PNG. */
function candidates({ photoName, maskName, seed }: Task): string[] {
  const photo = path.parse(photoName).name;
  return [`${photo}-${maskName}-${seed}.png`, `${photo}-${maskName}.png`];
}

/** Opens a folder; what it lacks counts as failed. */
export function openFolderMaker(folder: string): Maker {
  const make = async (task: Task): Promise<Made> => {
    const names = candidates(task);
    const found = names.find((name) => existsSync(path.join(folder, name)));
    if (!found) throw new Error(`${folder} has neither ${names.join(' nor ')}`);
    return { picture: await readPicture(path.join(folder, found)), nfe: null };
  };
  return { make, release: async () => undefined };
}
