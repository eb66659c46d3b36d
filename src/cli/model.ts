/** `repaint-fill model`: builds the shipped models, adds new ones from published checkpoints. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { knownCheckpointNames } from '../checkpoint/known-checkpoints.js';
import { RepaintError } from '../protocol/failure.js';
import { addModel } from './model-add.js';
import type { AddedModel } from './model-add.js';
import { buildModels } from './model-build.js';
import { UsageError } from './cli-error.js';
import { modelsFolder } from './node-runtime.js';

interface AddOptions {
  readonly config?: string;
  readonly scheduler?: string;
  readonly preset?: string;
  readonly id?: string;
  readonly name?: string;
  readonly licence?: string;
  readonly data?: string;
  readonly bias?: string;
  readonly card?: string;
  readonly classifier?: string;
  readonly pixelUnshuffle?: number;
  readonly out: string;
  readonly selfTest: boolean;
}

async function withPlainErrors(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof RepaintError) throw new UsageError(error.message);
    throw error;
  }
}

function factor(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new InvalidArgumentError('expected an integer from 1 to 64.');
}

function printAdded({ folder, card, selfTest }: AddedModel): void {
  const { network, classifier } = card;
  const millions = (count: number) => `${(count / 1e6).toFixed(1)} M parameters`;
  const steering = classifier ? `, classifier with ${millions(classifier.parameters)}` : '';
  console.log(
    `${folder}: ${card.name}, ${network.family}, ${millions(network.parameters)}${steering}`,
  );
  for (const { timestep, missed, allowed } of selfTest) {
    const percent = (100 * missed).toFixed(1);
    console.log(`self-test at timestep ${timestep}: misses ${percent} % of ${100 * allowed} %`);
  }
}

async function add(file: string, options: AddOptions): Promise<void> {
  const { config, scheduler, card, preset, classifier, pixelUnshuffle } = options;
  const { id, name, licence, data, bias } = options;
  const sources = { file, config, scheduler, card, preset, classifier, pixelUnshuffle };
  printAdded(
    await addModel(sources, {
      folder: options.out,
      id,
      words: { name, licence, trainingData: data, bias },
      isTested: options.selfTest,
    }),
  );
}

function addCommand(): Command {
  return new Command('add')
    .description('turn a published checkpoint into a model folder, tested on sample photos')
    .argument('<file>', '.safetensors, .onnx, or .pt, .pth, .bin, .ckpt as torch.save writes them')
    .option('--config <json>', "config.json, or guided-diffusion's arguments; else beside the file")
    .option('--scheduler <json>', 'scheduler_config.json; else beside the file')
    .option('--card <json>', 'card.json, which an .onnx needs; else beside the file')
    .option('--classifier <file>', 'a classifier to steer it with, its config.json beside it')
    .addOption(
      new Option('--preset <name>', 'a published file without a config').choices(
        knownCheckpointNames,
      ),
    )
    .option('--id <id>', "the model folder's name")
    .option('--name <name>', 'the name shown')
    .option('--licence <text>', "the weights' licence")
    .option('--data <text>', 'what it was trained on')
    .option('--bias <text>', 'what it shows well, and what it does not')
    .option(
      '--pixel-unshuffle <factor>',
      'space-to-depth factor, if its channels do not tell',
      factor,
    )
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
