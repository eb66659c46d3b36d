/** Files with weights, their tables of contents read, and the network in them chosen. */
import { CheckpointError, type Checkpoint } from '../../checkpoint/checkpoint.js';
import {
  chosenNetwork,
  networksIn,
  withoutWrappers,
  type FoundNetwork,
} from '../../checkpoint/found-networks.js';
import { openCheckpoint } from '../../checkpoint/format/open-checkpoint.js';
import { strangerBeside, strangerIn } from '../../checkpoint/strangers.js';
import { folderOf } from './pick-weights.js';
import { baseName, type SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

export interface OpenedWeights {
  /** The first of its files. */
  readonly file: SourceFile;
  readonly shards: readonly SourceFile[];
  /** Names of shards that are not there. */
  readonly missing: readonly string[];
  /** All that is in the files. */
  readonly all: Checkpoint;
  /** The networks in there, the one chosen first. */
  readonly networks: readonly [FoundNetwork, ...FoundNetwork[]];
}

/** Reads the tables of contents of files that make one checkpoint. Throws: CheckpointError. */
export async function openShards(files: readonly SourceFile[]): Promise<Checkpoint> {
  const parts = await Promise.all(files.map(({ source }) => openCheckpoint(source)));
  const all = new Map(parts.flatMap((part) => [...part]));
  const count = parts.reduce((sum, { size }) => sum + size, 0);
  if (all.size === count) return all;
  throw new CheckpointError(
    `${files.map(baseName).join(', ')} hold tensors of the same names; download them again.`,
  );
}

function expectKnown({ name }: SourceFile, all: Checkpoint): never {
  const stranger = strangerIn(all);
  if (stranger) throw unusable(`${name} is ${stranger}; it cannot fill here.`);
  const [first = 'none'] = all.keys();
  throw unusable(
    `${name} holds no network that is known here (its first weight is ${first.slice(0, 100)}); ` +
      'give a UNet2DModel of diffusers or a UNetModel of guided-diffusion.',
  );
}

/** `ema`, `raw` and a folder's name may have chosen a file already. */
function wishInside(file: SourceFile, found: readonly FoundNetwork[], wish: string | null) {
  const isGeneral = wish === 'ema' || wish === 'raw';
  const hasBoth = found.some(({ isEma }) => isEma) && found.some(({ isEma }) => !isEma);
  return (isGeneral && !hasBoth) || (wish !== null && folderOf(file).includes(wish)) ? null : wish;
}

/**
 * Opens weights and puts the network wished for first.
 * Throws: CheckpointError, RepaintError modelUnusable for weights of a network not known here.
 */
export async function openWeights(
  files: readonly SourceFile[],
  missing: readonly string[],
  wish: string | null,
): Promise<OpenedWeights> {
  const [file, ...shards] = files as readonly [SourceFile, ...SourceFile[]];
  const all = withoutWrappers(await openShards(files));
  const found = networksIn(all);
  const chosen = chosenNetwork(found, wishInside(file, found, wish));
  if (!chosen) return expectKnown(file, all);
  const stranger = strangerBeside(all, chosen.checkpoint);
  if (stranger) throw unusable(`${file.name} is ${stranger}; it cannot fill here.`);
  const others = found.filter((network) => network !== chosen);
  return { file, shards, missing, all, networks: [chosen, ...others] };
}

/** Parts of a checkpoint outside the network taken, such as an optimiser, with their tensors. */
export function partsLeft({ all, networks: [taken, ...others] }: OpenedWeights): string[] {
  const counts = new Map(others.map(({ path, names }) => [path || 'the top', names.size]));
  const isCounted = (name: string) =>
    taken.names.has(name) || others.some(({ names }) => names.has(name));
  for (const name of all.keys()) {
    if (isCounted(name)) continue;
    const [top = '', below] = name.split('.');
    const key = below !== undefined && taken.path.startsWith(`${top}.`) ? `${top}.${below}` : top;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(
    ([key, count]) => `${key} (${count} ${count === 1 ? 'tensor' : 'tensors'})`,
  );
}
