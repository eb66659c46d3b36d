/** `repaint-fill fill`: fills a region of a photo in Node, with the panel's plan, walk and composite. */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { planFill } from '../fill/plan.js';
import { runFill } from '../fill/run.js';
import { settingsWithin } from '../fill/settings.js';
import { contextRequest } from '../fill/request.js';
import { coverageBounds } from '../image/coverage.js';
import type { FillSettings, SamplerName } from '../protocol/fill.js';
import { samplerNames } from '../protocol/fill.js';
import type { ModelCard } from '../protocol/model-card.js';
import { presetNames, presets, type PresetName } from '../protocol/presets.js';
import { rangeChecked, UsageError } from './cli-error.js';
import { FillReport } from './fill-report.js';
import { makeFolder, placeLayer, readPhoto, readRegion, writePng } from './image-files.js';
import { openNodeRuntime } from './node-runtime.js';
import { integer, real } from './numbers.js';

interface FillOptions {
  readonly region: string;
  readonly fills: number;
  readonly seed: number;
  readonly out: string;
  readonly preset: PresetName;
  readonly class?: string;
  readonly guidance?: number;
  readonly classifierScale?: number;
  readonly sampler?: SamplerName;
  readonly steps?: number;
  readonly jumpLength?: number;
  readonly jumpSamples?: number;
  readonly eta?: number;
  readonly model: string;
  readonly threads?: number;
  readonly json: boolean;
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

/** How strongly the classifier steers; 1, as its authors', where there is a class to steer to. */
function classifierScale(options: FillOptions): number {
  if (options.class !== undefined) return options.classifierScale ?? 1;
  if (options.classifierScale === undefined) return 0;
  throw new UsageError('--classifier-scale steers towards a class; give one with --class.');
}

function expectClassifier({ classifierScale }: FillOptions, card: ModelCard): void {
  if (classifierScale === undefined || card.classifier) return;
  throw new UsageError(`${card.id} has no classifier; add it again with --classifier.`);
}

function settingsFrom(options: FillOptions, card: ModelCard): FillSettings {
  const preset = settingsWithin(presets[options.preset], card);
  const { sampler = preset.coarse.sampler, eta = null } = options;
  const {
    steps = preset.coarse.numInferenceSteps,
    jumpLength = preset.coarse.jumpLength,
    jumpSamples = preset.coarse.resamplings,
  } = options;
  return {
    ...preset,
    coarse: { sampler, eta, numInferenceSteps: steps, jumpLength, resamplings: jumpSamples },
    refine: preset.refine.map((level) => ({ ...level, sampler, eta })),
    classLabel: classLabel(options.class, card),
    guidanceScale: options.guidance ?? preset.guidanceScale,
  };
}

/** Ctrl+C ends the fill between two network calls; finished fills are kept, the exit code is 130. */
function stopOnInterrupt(): { isAsked: boolean; forget(): void } {
  const listen = () => {
    stop.isAsked = true;
    process.exitCode = 130;
  };
  const stop = { isAsked: false, forget: () => void process.off('SIGINT', listen) };
  process.once('SIGINT', listen);
  return stop;
}

async function fill(photoPath: string, options: FillOptions): Promise<void> {
  const photo = await readPhoto(photoPath);
  const region = await readRegion(options.region, photo);
  const runtime = await openNodeRuntime(options.model, options.threads, classifierScale(options));
  const { card } = runtime;
  expectClassifier(options, card);
  const settings = settingsFrom(options, card);
  const maskBounds = coverageBounds(region)!;
  const plan = rangeChecked(() => planFill({ imageSize: photo, maskBounds, card, settings }));
  const seeds = Array.from({ length: options.fills }, (_, k) => (options.seed + k) >>> 0);
  const request = contextRequest({
    jobId: 'cli',
    plan,
    settings,
    picture: photo,
    selection: region,
    seeds,
  });
  await makeFolder(options.out);
  const report = new FillReport(plan, seeds, card.id, runtime.device, options.json);
  const stop = stopOnInterrupt();
  try {
    for await (const event of runFill(request, runtime)) {
      if (event.kind === 'call') {
        if (stop.isAsked) break;
        report.call(event);
      } else {
        const { layer, preview } = placeLayer(event.layer, plan.maskBounds, photo);
        const files = [`fill-${event.fill + 1}.png`, `preview-${event.fill + 1}.png`];
        await writePng(join(options.out, files[0]), layer);
        await writePng(join(options.out, files[1]), preview);
        report.filled({ seed: event.seed, files });
      }
    }
  } finally {
    stop.forget();
    report.end();
    await runtime.release();
  }
}

/** The `fill` subcommand. */
export function fillCommand(): Command {
  return new Command('fill')
    .description('fill a region of a photo; writes each fill as a layer and as a flattened preview')
    .argument('<photo>', 'PNG, JPEG or WebP')
    .requiredOption('--region <mask>', 'image of the same size: white (or opaque) is filled')
    .option('--fills <n>', 'how many fills', integer(1, 64), 3)
    .option(
      '--seed <n>',
      'seed of the first fill; the next ones count up',
      integer(0, 2 ** 32 - 1),
      1,
    )
    .option('--out <dir>', 'folder for the results, made when missing', '.')
    .addOption(new Option('--preset <name>', 'quality').choices(presetNames).default('balanced'))
    .option('--class <name>', 'what should grow here, a class of the model')
    .option('--guidance <scale>', 'classifier-free guidance scale', real(0, 20))
    .option('--classifier-scale <scale>', "strength of the model's classifier", real(0, 100))
    .addOption(new Option('--sampler <name>', 'the walk').choices(samplerNames))
    .option('--steps <n>', 'T of the first level', integer(2, 1000))
    .option('--jump-length <n>', 'j of the first level', integer(1, 1000))
    .option('--jump-samples <n>', 'r of the first level', integer(1, 100))
    .option('--eta <n>', 'DDIM denoiser with this eta instead of DDPM', real(0, 1))
    .option('--model <folder>', 'model folder or id', 'garden-64')
    .option('--threads <n>', 'processor threads', integer(1, 256))
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(fill);
}
