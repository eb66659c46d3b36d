/** A trained checkpoint: which network its weights are, by config, preset, names or shapes. */
import { CheckpointError } from '../../checkpoint/checkpoint.js';
import { networkOf } from '../../checkpoint/convert.js';
import { describeNetwork, familyOf } from '../../checkpoint/describe.js';
import { scheduleIn } from '../../checkpoint/format/config-text.js';
import type { FoundNetwork } from '../../checkpoint/found-networks.js';
import { knownCheckpoints, type KnownCheckpointName } from '../../checkpoint/known-checkpoints.js';
import { parseUNet2DConfig } from '../../checkpoint/networks/unet2d-config.js';
import type { FoundIn, ModelQuestion } from '../../protocol/model-shelf-api.js';
import { countParameters, fittingPresets } from './checkpoint-kind.js';
import { missingFiles, type IdentifiedNetwork, type IdentifyInput } from './identified.js';
import { openWeights, partsLeft, type OpenedWeights } from './open-weights.js';
import { openClassifier } from './identify-classifier.js';
import { baseName } from './source-file.js';
import { unusable } from './unusable.js';

/** Parts the network from the classifier; both are checkpoints. */
function networkAmong(opened: readonly OpenedWeights[]): OpenedWeights {
  const networks = opened.filter(({ networks: [first] }) => first.family !== 'adm-classifier');
  const [network, second] = networks;
  if (!network) {
    throw unusable(
      `${opened[0].file.name} is a classifier, which only steers another network; add it ` +
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
function presetOf({ file, networks: [{ checkpoint }] }: OpenedWeights): {
  readonly preset: KnownCheckpointName | null;
  readonly questions: ModelQuestion[];
} {
  const fitting = fittingPresets(checkpoint);
  const byName = fitting.find((name) => knownCheckpoints[name].file === baseName(file));
  const preset = byName ?? (fitting.length === 1 ? fitting[0] : null);
  if (preset) return { preset, questions: [] };
  if (fitting.length === 0) return { preset: null, questions: missingFiles(['config.json']) };
  const presets = fitting.map((id) => ({ id, title: knownCheckpoints[id].title }));
  return { preset: null, questions: [{ kind: 'preset', presets }] };
}

/** What a given config says beyond the shapes: the size, and that under several names. */
function sizeIn(config: unknown): object {
  const said = config as { image_size?: unknown; sample_size?: unknown } | null;
  const size = said?.image_size ?? said?.sample_size;
  return typeof size === 'number' ? { sample_size: size } : {};
}

/** The config of a network: its shapes', the preset's, or the one given. */
function configOf(
  { config: ofShapes }: FoundNetwork,
  given: unknown,
  preset: KnownCheckpointName | null,
) {
  if (ofShapes) return { ...ofShapes, ...sizeIn(given) };
  return preset ? knownCheckpoints[preset].arguments : given;
}

function expectFit(network: FoundNetwork, config: unknown, pixelUnshuffle: number): void {
  networkOf(network.checkpoint, { family: familyOf(config), config, pixelUnshuffle });
}

/** The first network that the config fits; a partial mean beside whole weights does not. */
function fitting(
  opened: OpenedWeights,
  { wish, pixelUnshuffle: given, files }: IdentifyInput,
  preset: KnownCheckpointName | null,
) {
  let refusal: unknown = null;
  for (const network of wish === null ? opened.networks : opened.networks.slice(0, 1)) {
    const config = configOf(network, files.json.config, preset);
    const isAdm = familyOf(config) === 'adm-unet';
    try {
      const pixelUnshuffle = isAdm ? 1 : (given ?? pixelUnshuffleOf(config));
      expectFit(network, config, pixelUnshuffle);
      return { network, config, pixelUnshuffle };
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** DDPM's own betas, which the code of ermongroup/ddim fixes for all it was published with. */
const ddpmSchedule = { beta_schedule: 'linear', beta_start: 0.0001, beta_end: 0.02 };

/** The scheduler's config and where it is from; null without one. */
function scheduleOf(
  { files: { json, from }, card }: IdentifyInput,
  network: FoundNetwork,
): { readonly scheduler: unknown; readonly schedule: FoundIn | null } {
  const file = (name = 'config'): FoundIn => ({ kind: 'file', name });
  if (json.scheduler !== null) return { scheduler: json.scheduler, schedule: file(from.scheduler) };
  if (card?.diffusion) return { scheduler: null, schedule: file(from.card) };
  const inConfig = scheduleIn(json.config);
  if (inConfig) return { scheduler: inConfig, schedule: file(from.config) };
  if (network.config) return { scheduler: ddpmSchedule, schedule: { kind: 'usual' } };
  return { scheduler: null, schedule: null };
}

/** guided-diffusion's arguments hold the schedule too; a preset is known with it. */
function admSchedule(config: unknown, from: FoundIn): FoundIn {
  const args = { ...(config as object), ...(config as { args?: object }).args };
  return 'noise_schedule' in args ? from : { kind: 'usual' };
}

function settled(
  opened: OpenedWeights,
  input: IdentifyInput,
  preset: KnownCheckpointName | null,
): Settled {
  const { files, card } = input;
  const { network, config, pixelUnshuffle } = fitting(opened, input, preset);
  const family = familyOf(config);
  const { nativeSize, classCount } = describeNetwork(family, config, pixelUnshuffle);
  const { scheduler, schedule } = scheduleOf(input, network);
  const from: FoundIn = preset
    ? { kind: 'preset', name: knownCheckpoints[preset].title }
    : network.config
      ? { kind: 'weights' }
      : { kind: 'file', name: files.from.config ?? 'config.json' };
  const found = schedule ?? (family === 'adm-unet' ? admSchedule(config, from) : null);
  const size = card?.network?.nativeSize ?? nativeSize;
  const needs = [
    ...(found ? [] : ['scheduler_config.json']),
    ...(size || !network.config ? [] : ['config.json']),
  ];
  return {
    network,
    config,
    preset,
    pixelUnshuffle,
    scheduler,
    parameters: countParameters(network.checkpoint),
    nativeSize: size,
    classCount,
    foundConfig: from,
    foundSchedule: found,
    questions: missingFiles([...needs, ...opened.missing]),
  };
}

type Settled = Pick<
  IdentifiedNetwork,
  | 'config'
  | 'preset'
  | 'pixelUnshuffle'
  | 'scheduler'
  | 'parameters'
  | 'nativeSize'
  | 'classCount'
  | 'questions'
> & {
  readonly network: FoundNetwork;
  readonly foundConfig: FoundIn | null;
  readonly foundSchedule: FoundIn | null;
};

function unsettled(opened: OpenedWeights, input: IdentifyInput): Omit<Settled, 'questions'> {
  return {
    network: opened.networks[0],
    config: null,
    preset: null,
    pixelUnshuffle: 1,
    scheduler: input.files.json.scheduler,
    parameters: null,
    nativeSize: null,
    classCount: 0,
    foundConfig: null,
    foundSchedule: null,
  };
}

/** What follows from the weights alone, where no config came along and no preset was named. */
function unconfigured(opened: OpenedWeights, input: IdentifyInput): Settled {
  const [network] = opened.networks;
  if (network.config) return settled(opened, input, null);
  if (network.family !== 'adm-unet') {
    const scheduler = input.files.json.scheduler === null ? ['scheduler_config.json'] : [];
    const questions = missingFiles(['config.json', ...scheduler, ...opened.missing]);
    return { ...unsettled(opened, input), questions };
  }
  const { preset, questions } = presetOf(opened);
  return preset ? settled(opened, input, preset) : { ...unsettled(opened, input), questions };
}

const familyNames = {
  'diffusers-unet2d': 'UNet2DModel (diffusers)',
  'adm-unet': 'UNetModel (guided-diffusion)',
  'adm-classifier': 'EncoderUNetModel (guided-diffusion)',
} as const;

const isDdim = ({ family, config }: FoundNetwork) =>
  family === 'diffusers-unet2d' && config !== null;

/** Throws: RepaintError or CheckpointError for weights that no answer makes usable. */
export async function identifyCheckpoint(input: IdentifyInput): Promise<IdentifiedNetwork> {
  const { checkpoints, json, left } = input.files;
  const opened = await Promise.all(
    checkpoints.map(({ files, missing }) => openWeights(files, missing, input.wish)),
  );
  const main = networkAmong(opened);
  const others = checkpoints.filter(({ files }) => files[0] !== main.file);
  const hasConfig = json.config !== null || input.preset !== null;
  const { network, foundConfig, foundSchedule, ...found } = hasConfig
    ? settled(main, input, input.preset)
    : unconfigured(main, input);
  const first: OpenedWeights = {
    ...main,
    networks: [network, ...main.networks.filter((other) => other !== network)],
  };
  return {
    kind: 'checkpoint',
    weights: main.file,
    shards: main.shards,
    weightsPath: network.path,
    data: [],
    onnx: null,
    ...(await openClassifier(others, [], json.classifierConfig)),
    ...found,
    findings: {
      network: isDdim(network) ? 'Model (ermongroup/ddim)' : familyNames[network.family],
      weights: first.networks.map(({ path, isEma }) => ({ path, isEma })),
      config: foundConfig,
      schedule: foundSchedule,
      left: [...partsLeft(first), ...left.map(({ name }) => name)],
    },
  };
}
