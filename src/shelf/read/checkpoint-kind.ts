/** What network a checkpoint holds, told from its table of contents where no config says it. */
import { CheckpointError, elementCount, type Checkpoint } from '../../checkpoint/checkpoint.js';
import { networkOf, type NetworkFamily } from '../../checkpoint/convert.js';
import {
  knownCheckpointNames,
  knownCheckpoints,
  knownClassifiers,
  type KnownCheckpointName,
} from '../../checkpoint/known-checkpoints.js';

/** Counts trained values. A graph may hold some of them twice, where it needs them in two forms. */
export function countParameters(checkpoint: Checkpoint): number {
  return [...checkpoint.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

function isFitting(checkpoint: Checkpoint, family: NetworkFamily, config: unknown): boolean {
  try {
    networkOf(checkpoint, { family, config });
    return true;
  } catch (error) {
    if (error instanceof CheckpointError) return false;
    throw error;
  }
}

/** The published networks whose tensors have exactly these names and shapes. */
export function fittingPresets(checkpoint: Checkpoint): KnownCheckpointName[] {
  return knownCheckpointNames.filter((name) =>
    isFitting(checkpoint, 'adm-unet', knownCheckpoints[name].arguments),
  );
}

/** Arguments of the published classifier that has exactly these tensors; null if none has. */
export function fittingClassifier(checkpoint: Checkpoint): unknown {
  const found = knownClassifiers.find(({ arguments: config }) =>
    isFitting(checkpoint, 'adm-classifier', config),
  );
  return found?.arguments ?? null;
}
