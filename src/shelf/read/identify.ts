/**
 * The first step of an import: what are these files, and what is missing? Reads JSON files and the
 * weights' table of contents only, so that it can be asked before anything is downloaded.
 */
import {
  knownCheckpointNames,
  knownCheckpoints,
  type KnownCheckpointName,
} from '../../checkpoint/known-checkpoints.js';
import { RepaintError } from '../../protocol/failure.js';
import type { ModelWords } from '../../protocol/model-shelf-api.js';
import { parseGivenCard, type GivenCard } from './given-card.js';
import type { Identified, IdentifiedNetwork, IdentifyInput } from './identified.js';
import { identifyCheckpoint } from './identify-checkpoint.js';
import { identifyOnnx } from './identify-onnx.js';
import { sortFiles } from './sort-files.js';
import { baseName, type SourceFile } from './source-file.js';
import { orUnusable, unusable } from './unusable.js';
import { guessWords, kebabId } from './words.js';

export interface IdentifyOptions {
  /** What is known from elsewhere, such as a hub's licence; cards and published lists say it better. */
  readonly words?: Partial<ModelWords>;
  /** Space-to-depth factor around a diffusers network; told from its channels where absent. */
  readonly pixelUnshuffle?: number;
  /** 'ema', 'raw', or the path of weights inside the file; null takes what is usually sampled from. */
  readonly weights?: string | null;
}

function knownPreset(preset: string | null): KnownCheckpointName | null {
  if (preset === null) return null;
  const found = knownCheckpointNames.find((name) => name === preset);
  if (found) return found;
  throw new RepaintError(
    'badRequest',
    `There is no published network "${preset}"; choose one of ${knownCheckpointNames.join(', ')}.`,
  );
}

function named(network: IdentifiedNetwork, card: GivenCard | null, hints: Partial<ModelWords>) {
  const known = network.preset && knownCheckpoints[network.preset];
  const fileName = baseName(network.weights);
  const words = guessWords({ fileName, card, known, hints });
  return { id: kebabId(card?.id ?? network.preset ?? words.name), words };
}

/**
 * Tells what the files are. `preset`: the answer to the question of that name, or null.
 * Throws: RepaintError modelUnusable for files that no answer makes usable, badRequest for a preset
 * that does not exist; what the sources throw.
 */
export async function identify(
  files: readonly SourceFile[],
  preset: string | null,
  { words = {}, pixelUnshuffle, weights = null }: IdentifyOptions = {},
): Promise<Identified> {
  return orUnusable(async () => {
    const sorted = await sortFiles(files, weights === 'raw' || weights === 'unet');
    const card = sorted.json.card === null ? null : parseGivenCard(sorted.json.card);
    const input: IdentifyInput = {
      files: sorted,
      preset: knownPreset(preset),
      card,
      pixelUnshuffle: pixelUnshuffle ?? card?.network?.pixelUnshuffle ?? null,
      wish: weights,
    };
    const network = await identifyNetwork(input, files);
    const totalBytes = files.reduce((sum, { source }) => sum + source.sizeBytes, 0);
    return { ...network, ...named(network, card, words), card, totalBytes };
  });
}

function identifyNetwork(
  input: IdentifyInput,
  files: readonly SourceFile[],
): Promise<IdentifiedNetwork> {
  const { graphs, checkpoints } = input.files;
  if (graphs.length > 0) return identifyOnnx(input);
  if (checkpoints.length > 0) return identifyCheckpoint(input);
  const names = files.map(({ name }) => name).join(', ') || 'nothing';
  throw unusable(
    `There are no weights among the files (${names}); give a .safetensors, .pt, .pth, .bin, .ckpt ` +
      'or .onnx file too.',
  );
}
