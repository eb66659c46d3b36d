/** A trained checkpoint: which network its weights are, by config, preset or table of contents. */
import { networkOf } from '../../checkpoint/convert.js';
import { describeNetwork, familyOf } from '../../checkpoint/describe.js';
import { knownCheckpoints } from '../../checkpoint/known-checkpoints.js';
import type { KnownCheckpointName } from '../../checkpoint/known-checkpoints.js';
import { parseUNet2DConfig } from '../../checkpoint/networks/unet2d-config.js';
import type { ModelQuestion } from '../../protocol/model-shelf-api.js';
import { countParameters, fittingPresets } from './checkpoint-kind.js';
import { missingFiles } from './identified.js';
import type { IdentifiedNetwork, IdentifyInput } from './identified.js';
import { openWeights } from './open-weights.js';
import type { OpenedWeights } from './open-weights.js';
import { openClassifier } from './identify-classifier.js';
import { baseName } from './source-file.js';
import { unusable } from './unusable.js';

/** Parts the network from the classifier; both are checkpoints. */
function networkAmong(opened: readonly OpenedWeights[]): OpenedWeights {
  const networks = opened.filter(({ family }) => family !== 'adm-classifier');
  const [network, second] = networks;
  if (!network) {
    throw unusable(
      `${opened[0]!.file.name} is a classifier, which only steers another network; add it ` +
        'together with one.',
    );
  }
  if (!second) return network;
  throw unusable(
    `${network.file.name} and ${second.file.name} both hold a network; give one of them.`,
  );
}

/** RGB folded into more channels: 12 are 2 x 2 pixels of 3. */
function pixelUnshuffleOf(config: unknown): number {
  const factor = Math.sqrt(parseUNet2DConfig(config).in_channels / 3);
  return Number.isInteger(factor) ? factor : 1;
}

/** The preset by name where its tensors fit, the only one that fits, or the question. */
function presetOf({ file, checkpoint }: OpenedWeights): {
  readonly preset: KnownCheckpointName | null;
  readonly questions: ModelQuestion[];
} {
  const fitting = fittingPresets(checkpoint);
  const byName = fitting.find((name) => knownCheckpoints[name].file === baseName(file));
  const preset = byName ?? (fitting.length === 1 ? fitting[0]! : null);
  if (preset) return { preset, questions: [] };
  if (fitting.length === 0) return { preset: null, questions: missingFiles(['config.json']) };
  const presets = fitting.map((id) => ({ id, title: knownCheckpoints[id].title }));
  return { preset: null, questions: [{ kind: 'preset', presets }] };
}

function settled(
  network: OpenedWeights,
  { files, card, pixelUnshuffle: given }: IdentifyInput,
  preset: KnownCheckpointName | null,
) {
  const config = preset ? knownCheckpoints[preset].arguments : files.json.config;
  const family = familyOf(config);
  const pixelUnshuffle = family === 'adm-unet' ? 1 : (given ?? pixelUnshuffleOf(config));
  const { nativeSize, classCount } = describeNetwork(family, config, pixelUnshuffle);
  networkOf(network.checkpoint, { family, config, pixelUnshuffle });
  const hasSchedule = family === 'adm-unet' || files.json.scheduler !== null || card?.diffusion;
  return {
    config,
    preset,
    pixelUnshuffle,
    parameters: countParameters(network.checkpoint),
    nativeSize: card?.network?.nativeSize ?? nativeSize,
    classCount,
    questions: missingFiles(hasSchedule ? [] : ['scheduler_config.json']),
  };
}

const unsettled = {
  config: null,
  preset: null,
  pixelUnshuffle: 1,
  parameters: null,
  nativeSize: null,
  classCount: 0,
};

/** What follows from the weights alone, where no config came along and no preset was named. */
function unconfigured(network: OpenedWeights, input: IdentifyInput) {
  if (network.family !== 'adm-unet') {
    const scheduler = input.files.json.scheduler === null ? ['scheduler_config.json'] : [];
    return { ...unsettled, questions: missingFiles(['config.json', ...scheduler]) };
  }
  const { preset, questions } = presetOf(network);
  return preset ? settled(network, input, preset) : { ...unsettled, questions };
}

/** Throws: RepaintError or CheckpointError for weights that no answer makes usable. */
export async function identifyCheckpoint(input: IdentifyInput): Promise<IdentifiedNetwork> {
  const { checkpoints, json } = input.files;
  const network = networkAmong(await Promise.all(checkpoints.map(openWeights)));
  const others = checkpoints.filter((file) => file !== network.file);
  const hasConfig = json.config !== null || input.preset !== null;
  return {
    kind: 'checkpoint',
    weights: network.file,
    data: [],
    onnx: null,
    ...(await openClassifier(others, [], json.classifierConfig)),
    ...(hasConfig ? settled(network, input, input.preset) : unconfigured(network, input)),
  };
}
