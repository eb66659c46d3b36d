/** How fills are made, as options of the command line: the same for `fill` and the lab's methods. */
import { Option, type Command } from 'commander';
import { photoRuntime, type FillRuntime } from '../fill/runtime.js';
import { settingsWithin } from '../fill/settings.js';
import {
  type FillSettings,
  type PriorName,
  type SamplerName,
  priorNames,
  samplerNames,
} from '../protocol/fill.js';
import { defaultModelId, type ModelCard } from '../protocol/model-card.js';
import { presetNames, presets, type PresetName } from '../protocol/presets.js';
import { UsageError } from './cli-error.js';
import { openNodeRuntime } from './node-runtime.js';
import { integer, real } from './numbers.js';

/** How a fill is made, whatever the photo. */
export interface MethodOptions {
  readonly preset: PresetName;
  readonly prior?: PriorName;
  readonly class?: string;
  readonly guidance?: number;
  readonly sampler?: SamplerName;
  readonly steps?: number;
  readonly jumpLength?: number;
  readonly jumpSamples?: number;
  readonly eta?: number;
  readonly model?: string;
  readonly threads?: number;
}

/** A machine to fill on. */
export interface OpenMethod {
  readonly runtime: FillRuntime;
  /** What fills, for messages: a model's id, or the photo. */
  readonly name: string;
  /** For messages: "cpu, 2 threads". */
  readonly device: string;
  release(): Promise<void>;
}

/** Asking for a class or a model implies that it takes part. */
function priorOf({ prior, class: name, model }: MethodOptions): PriorName {
  if (prior === 'photo' && name !== undefined)
    throw new UsageError('--class needs a model: leave --prior out, or give --prior both.');
  return prior ?? (name !== undefined || model !== undefined ? 'both' : 'photo');
}

/** Finds a class by name, whatever its case, or by its label; "anything" is no class. */
function classLabel(name: string | undefined, card: ModelCard): number | null {
  if (name === undefined || name.toLowerCase() === 'anything') return null;
  const found =
    card.classes.find((entry) => entry.name.toLowerCase() === name.toLowerCase()) ??
    card.classes.find(({ label }) => String(label) === name);
  if (found) return found.label;
  const names = ['Anything', ...card.classes.slice(0, 50).map((entry) => entry.name)].join(', ');
  const rest = card.classes.length > 50 ? `, or a label up to ${card.classes.at(-1)!.label}` : '';
  throw new UsageError(`${card.id} has no class "${name}"; choose one of: ${names}${rest}.`);
}

/** Preset and options as settings for a model. Throws: UsageError when it has no such class. */
export function settingsFrom(options: MethodOptions, card: ModelCard | null): FillSettings {
  const named = presets[options.preset];
  const preset = card ? settingsWithin(named, card) : named;
  const { sampler = preset.coarse.sampler, eta = null } = options;
  const {
    steps = preset.coarse.numInferenceSteps,
    jumpLength = preset.coarse.jumpLength,
    jumpSamples = preset.coarse.resamplings,
  } = options;
  const { coarse, refine } = preset.photo;
  const photo = {
    coarse: {
      sampler,
      eta,
      numInferenceSteps: options.steps ?? coarse.numInferenceSteps,
      jumpLength: options.jumpLength ?? coarse.jumpLength,
      resamplings: options.jumpSamples ?? coarse.resamplings,
    },
    refine: { ...refine, sampler, eta },
  };
  return {
    ...preset,
    prior: priorOf(options),
    photo,
    coarse: { sampler, eta, numInferenceSteps: steps, jumpLength, resamplings: jumpSamples },
    refine: preset.refine.map((level) => ({ ...level, sampler, eta })),
    classLabel: card && classLabel(options.class, card),
    guidanceScale: options.guidance ?? preset.guidanceScale,
  };
}

/** Throws: RepaintError or UsageError with one sentence when the model cannot make such fills. */
export async function openMethod(options: MethodOptions): Promise<OpenMethod> {
  if (priorOf(options) === 'photo') {
    const release = async () => undefined;
    return { runtime: photoRuntime, name: 'this photo', device: 'cpu, 1 thread', release };
  }
  const { model = defaultModelId, threads } = options;
  const runtime = await openNodeRuntime(model, threads);
  const { card, device } = runtime;
  const name = priorOf(options) === 'both' ? `${card.id} and this photo` : card.id;
  return { runtime, name, device, release: () => runtime.release() };
}

/** Adds the options that say how. */
export function withMethodOptions(command: Command): Command {
  return command
    .addOption(new Option('--preset <name>', 'quality').choices(presetNames).default('balanced'))
    .addOption(
      new Option(
        '--prior <name>',
        'what fills: this photo (default), a model, or both (default with --model or --class)',
      ).choices(priorNames),
    )
    .option('--class <name>', 'what should grow here, a class of the model')
    .option(
      '--guidance <scale>',
      'how strongly the class steers: classifier-free, or by a classifier',
      real(0, 20),
    )
    .addOption(new Option('--sampler <name>', 'the walk').choices(samplerNames))
    .option('--steps <n>', 'T of the first level', integer(2, 1000))
    .option('--jump-length <n>', 'j of the first level', integer(1, 1000))
    .option('--jump-samples <n>', 'r of the first level', integer(1, 100))
    .option('--eta <n>', 'DDIM denoiser with this eta instead of DDPM', real(0, 1))
    .option(
      '--model <id>',
      `id of a model, or a folder with a model.json; ${defaultModelId} if none`,
    )
    .option('--threads <n>', 'processor threads', integer(1, 256));
}
