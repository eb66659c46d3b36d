/** Case folders: copies of the smallest in `test/fixtures`, and the whole set where it is present. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Roots that hold fixtures on this machine. */
const roots = [path.join(root, 'test/fixtures'), path.join(root, '../shared/fixtures')];

/** Lists the case folders of a family, each once, as [name, folder]. */
export function caseFolders(family: string): [name: string, folder: string][] {
  const found = new Map<string, string>();
  for (const folder of roots.map((base) => path.join(base, family)).filter(existsSync)) {
    for (const name of readdirSync(folder).sort()) {
      if (existsSync(path.join(folder, name, 'config.json')) && !found.has(name)) {
        found.set(name, path.join(folder, name));
      }
    }
  }
  return [...found];
}

/** The folder of a model that ships with the project. */
export function modelFolder(id: string): string {
  return path.join(root, 'models', id);
}
