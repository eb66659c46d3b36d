/** A file with weights, its table of contents read. */
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import type { NetworkFamily } from '../../checkpoint/convert.js';
import { openCheckpoint } from '../../checkpoint/format/open-checkpoint.js';
import { familyOfCheckpoint } from './checkpoint-kind.js';
import type { SourceFile } from './source-file.js';
import { unusable } from './unusable.js';

export interface OpenedWeights {
  readonly file: SourceFile;
  readonly checkpoint: Checkpoint;
  readonly family: NetworkFamily;
}

/** Throws: CheckpointError, RepaintError modelUnusable for weights of a network not known here. */
export async function openWeights(file: SourceFile): Promise<OpenedWeights> {
  const checkpoint = await openCheckpoint(file.source);
  const family = familyOfCheckpoint(checkpoint);
  if (family) return { file, checkpoint, family };
  const [first = 'none'] = checkpoint.keys();
  throw unusable(
    `${file.name} holds no network that is known here (its first weight is ` +
      `${first.slice(0, 100)}); give a UNet2DModel of diffusers or a UNetModel of guided-diffusion.`,
  );
}
