/** `repaint-fill model`: builds the shipped models, adds new ones from published checkpoints. */
import path from 'node:path';
import { Command, Option } from 'commander';
import { knownCheckpointNames } from '../checkpoint/known-checkpoints.js';
import type { KnownCheckpointName } from '../checkpoint/known-checkpoints.js';
import { RepaintError } from '../protocol/failure.js';
import { addModel } from './model-add.js';
import type { ModelSources } from './model-add.js';
import { buildModels } from './model-build.js';
import { UsageError } from './cli-error.js';
import { modelsFolder } from './node-runtime.js';

interface AddOptions {
  readonly config?: string;
  readonly scheduler?: string;
  readonly preset?: KnownCheckpointName;
  readonly id?: string;
  readonly name?: string;
  readonly licence?: string;
  readonly data?: string;
  readonly pixelUnshuffle: string;
  readonly out: string;
  readonly selfTest: boolean;
}

/** A kebab-case id from a file or folder name. */
function idFrom(text: string): string {
  const id = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return id.replace(/^-+|-+$/g, '') || 'model';
}

async function withPlainErrors(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof RepaintError) throw new UsageError(error.message);
    throw error;
  }
}

async function add(file: string, options: AddOptions): Promise<void> {
  const { config, scheduler, preset, id, name, licence, data } = options;
  const factor = Number(options.pixelUnshuffle);
  if (!Number.isInteger(factor) || factor < 1) {
    throw new UsageError(`--pixel-unshuffle must be 1 or more, got ${options.pixelUnshuffle}.`);
  }
  const sources: ModelSources = { file, config, scheduler, preset, pixelUnshuffle: factor };
  await withPlainErrors(async () => {
    const added = await addModel(sources, {
      folder: options.out,
      id: id ?? idFrom(preset ?? path.basename(path.dirname(path.resolve(file)))),
      words: { name, licence, trainingData: data },
      isTested: options.selfTest,
    });
    const { card } = added;
    const millions = (card.network.parameters / 1e6).toFixed(1);
    console.log(`${added.folder}: ${card.name}, ${card.network.family}, ${millions} M parameters`);
    for (const { timestep, missed, allowed } of added.selfTest) {
      const percent = (100 * missed).toFixed(1);
      console.log(`self-test at timestep ${timestep}: misses ${percent} % of ${100 * allowed} %`);
    }
  });
}

function addCommand(): Command {
  return new Command('add')
    .description('turn a published checkpoint into a model folder, tested on sample photos')
    .argument('<file>', '.safetensors, or .pt, .pth, .bin, .ckpt as torch.save writes them')
    .option('--config <json>', "config.json, or guided-diffusion's arguments; else beside the file")
    .option('--scheduler <json>', 'scheduler_config.json; else beside the file')
    .addOption(
      new Option('--preset <name>', 'a published file without a config').choices(
        knownCheckpointNames,
      ),
    )
    .option('--id <id>', "the model folder's name")
    .option('--name <name>', 'the name shown')
    .option('--licence <text>', "the weights' licence")
    .option('--data <text>', 'what it was trained on')
    .option('--pixel-unshuffle <factor>', 'space-to-depth factor around the network', '1')
    .option('--out <folder>', 'where model folders lie', modelsFolder)
    .option('--no-self-test', 'accept a model that does not predict noise')
    .action(add);
}

/** The `model` subcommand. */
export function modelCommand(): Command {
  return new Command('model')
    .description('build and add models')
    .addCommand(
      new Command('build')
        .description('write build/models/<id>/ from models/<id>/')
        .argument('[ids...]', 'model folders; all by default')
        .action((ids: string[]) => withPlainErrors(() => buildModels(ids))),
    )
    .addCommand(addCommand());
}
