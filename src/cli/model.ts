/** `repaint-fill model`: adds models from published checkpoints, lists, removes and builds them. */
import { Command, Option } from 'commander';
import { knownCheckpointNames } from '../checkpoint/known-checkpoints.js';
import { plainText } from '../checkpoint/checkpoint.js';
import { RepaintError } from '../protocol/failure.js';
import { addWithBar, type AddedModel } from './model-add.js';
import { findingLines } from './model-findings.js';
import { buildModels } from './model-build.js';
import { listModels, listShipped, modelLines, removeModel } from './model-list.js';
import { integer } from './numbers.js';
import { modelsFolder } from './places.js';

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
  readonly weights?: string;
  readonly out: string;
  readonly selfTest: boolean;
}

function printAdded({ model, findings, selfTest }: AddedModel): void {
  const { card } = model.manifest;
  for (const line of findingLines(findings, card)) console.log(line);
  for (const { timestep, missed, allowed } of selfTest) {
    const percent = (100 * missed).toFixed(1);
    console.log(
      `tested    timestep ${timestep}: misses ${percent} % of the noise, allowed ${100 * allowed} %`,
    );
  }
  console.log(`added     ${plainText(card.name)}: --model ${card.id}`);
}

async function add(file: string, options: AddOptions): Promise<void> {
  const { config, scheduler, card, preset, classifier, pixelUnshuffle, weights } = options;
  const { id, name, licence, data, bias, out: folder, selfTest: isTested } = options;
  const words = { name, licence, trainingData: data, bias };
  const parts = { file, config, scheduler, card, preset, classifier, weights };
  printAdded(await addWithBar(parts, { folder, id, words, pixelUnshuffle, isTested }));
}

/** Ctrl+C ends a download: no failure, and the exit code that shells expect. */
async function untilInterrupted(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof RepaintError) || error.code !== 'cancelled') throw error;
    console.error(error.message);
    process.exitCode = 130;
  }
}

async function list({ out }: { readonly out: string }): Promise<void> {
  for (const line of modelLines([...(await listShipped()), ...(await listModels(out))])) {
    console.log(line);
  }
}

async function remove(id: string, { out }: { readonly out: string }): Promise<void> {
  await removeModel(out, id);
  console.log(`${id} is removed.`);
}

function addCommand(): Command {
  return new Command('add')
    .description('add a published checkpoint, tested on sample photos')
    .argument(
      '<origin>',
      'a file (.safetensors, .onnx, or .pt, .pth, .bin, .ckpt as torch.save writes them), a folder ' +
        'as save_pretrained or accelerate leave it, an https:// address, or owner/name on Hugging Face',
    )
    .option(
      '--config <file>',
      'config.json, or the arguments of guided-diffusion, RePaint or ddim as JSON, YAML or flags; else beside the file',
    )
    .option(
      '--weights <which>',
      "'ema' or 'raw' or where they lie in the file; else EMA where there is one",
    )
    .option('--scheduler <json>', 'scheduler_config.json; else beside the file or in ../scheduler')
    .option('--card <json>', 'card.json, which an .onnx needs; else beside the file')
    .option('--classifier <file>', 'a classifier to steer it with, its config.json beside it')
    .addOption(
      new Option('--preset <name>', 'a published file without a config').choices(
        knownCheckpointNames,
      ),
    )
    .option('--id <id>', 'what --model will call it')
    .option('--name <name>', 'the name shown')
    .option('--licence <text>', "the weights' licence")
    .option('--data <text>', 'what it was trained on')
    .option('--bias <text>', 'what it shows well, and what it does not')
    .option(
      '--pixel-unshuffle <factor>',
      'space-to-depth factor, if its channels do not tell',
      integer(1, 64),
    )
    .option('--out <folder>', 'where models are kept', modelsFolder())
    .option('--no-self-test', 'accept a model that does not predict noise')
    .action((origin: string, options: AddOptions) => untilInterrupted(() => add(origin, options)));
}

/** The `model` subcommand. */
export function modelCommand(): Command {
  return new Command('model')
    .description('add, list, remove and build models')
    .addCommand(
      new Command('build')
        .description('in a checkout: write build/models/<id>/ from models/<id>/')
        .argument('[ids...]', 'model folders; all by default')
        .action(buildModels),
    )
    .addCommand(addCommand())
    .addCommand(
      new Command('list')
        .description('list models: id, name, size, licence')
        .option('--out <folder>', 'where models are kept', modelsFolder())
        .action(list),
    )
    .addCommand(
      new Command('remove')
        .description('remove a model, or what is left of a download')
        .argument('<id>', 'as `list` names it')
        .option('--out <folder>', 'where models are kept', modelsFolder())
        .action(remove),
    );
}
