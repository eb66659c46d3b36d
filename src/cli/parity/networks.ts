/** Opens the networks that cases of other families name, so that whole runs can be replayed. */
import { join } from 'node:path';
import type { OpenedNetwork, ParityBackend } from './family.js';

/** Opens a network from its case folder, which holds the config and `checkpointFile`. */
export type NetworkOpener = (
  folder: string,
  checkpointFile: string,
  backend: ParityBackend,
) => Promise<OpenedNetwork>;

/** By the first part of the case's path, e.g. "adm-unet". */
const openers: ReadonlyMap<string, NetworkOpener> = new Map();

/** Returns how to open a network case below `root` on a backend. */
export function openCaseNetwork(
  root: string,
  backend: ParityBackend,
): (casePath: string, checkpointFile: string) => Promise<OpenedNetwork> {
  return async (casePath, checkpointFile) => {
    const family = casePath.split('/')[0];
    const opener = openers.get(family);
    if (!opener) return { unsupported: `networks of ${family} are not supported yet` };
    return opener(join(root, casePath), checkpointFile, backend);
  };
}
