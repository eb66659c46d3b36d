/** `repaint-fill fill`: fills a region of a photo in Node, with the panel's plan, walk and composite. */
import { Command, Option } from 'commander';
import { planFill } from '../fill/plan.js';
import { runFill, type CallEvent } from '../fill/run.js';
import { contextRequest } from '../fill/request.js';
import { coverageBounds, coversEverything, growCoverage, hasSoftEdges } from '../image/coverage.js';
import type { Margins } from '../image/margins.js';
import { cropCoverage } from '../image/planar.js';
import type { Coverage, RgbaImage } from '../image/raster.js';
import type { FillSettings } from '../protocol/fill.js';
import { rangeChecked, UsageError } from './cli-error.js';
import { expandPhoto, expandRegion, parseMargins } from './expand.js';
import { FillReport } from './fill-report.js';
import {
  readChosen,
  readPhoto,
  readRegion,
  type PhotoFile,
  type RegionFile,
} from './image-files.js';
import {
  openMethod,
  settingsFrom,
  withMethodOptions,
  type MethodOptions,
} from './method-options.js';
import { SnapshotFile, type ResumePoint } from './fill-snapshot.js';
import { integer, real } from './numbers.js';
import { ResultFolder } from './result-files.js';
import {
  layerFile,
  previewExtensions,
  previewFile,
  previewFormats,
  type PreviewFormat,
} from './result-images.js';

interface FillOptions extends MethodOptions {
  readonly region?: string;
  readonly expand?: Margins;
  readonly invert: boolean;
  readonly grow?: number;
  readonly feather?: number;
  readonly fillTransparent: boolean;
  readonly force: boolean;
  readonly format: PreviewFormat;
  readonly quality: number;
  readonly fills: number;
  readonly seed: number;
  readonly from?: string;
  readonly strength?: number;
  readonly out: string;
  readonly resume: boolean;
  readonly resumeEvery: number;
  readonly json: boolean;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ends the fill between two network calls; finished fills are kept. A second signal ends it at once. */
function stopOnInterrupt(): { isAsked: boolean; forget(): void } {
  const listeners = Object.entries(exitCodes).map(([signal, code]) => {
    const listen = () => {
      stop.isAsked = true;
      process.exitCode = code;
      stop.forget();
    };
    process.on(signal, listen);
    return [signal, listen] as const;
  });
  const forget = () => listeners.forEach(([signal, listen]) => process.off(signal, listen));
  const stop = { isAsked: false, forget };
  return stop;
}

/** Where an interrupted fill of the same photo, region and settings stands. */
async function resumePoint(file: SnapshotFile, isAsked: boolean): Promise<ResumePoint | null> {
  const from = isAsked ? await file.read() : null;
  if (isAsked && !from)
    console.error('Nothing of this fill was interrupted: it starts from its beginning.');
  return from;
}

async function tellResume(file: SnapshotFile, call: CallEvent): Promise<void> {
  const after = `Interrupted after ${call.nfe} of ${call.nfeTotal} calls`;
  try {
    await file.write(call);
    console.error(`${after}; the same command with --resume goes on from there.`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`${after}, which could not be written down: ${reason}.`);
  }
}

const layerName = (number: number) => `fill-${number}.png`;
const previewName = (format: PreviewFormat) => (number: number) =>
  `preview-${number}.${previewExtensions[format]}`;

/** A soft mask is its own edge: it grows only when asked to. */
function withEdge(settings: FillSettings, options: FillOptions, marked: Coverage): FillSettings {
  const { grow = hasSoftEdges(marked) ? 0 : settings.growPx, feather = settings.featherPx } =
    options;
  return {
    ...settings,
    growPx: grow,
    featherPx: feather,
    // What is added to the canvas is transparent so far.
    fillTransparent: options.fillTransparent || options.expand !== undefined,
  };
}

function grownRegion(marked: Coverage, { growPx }: FillSettings): Coverage {
  const region = growCoverage(marked, growPx);
  if (!coversEverything(region)) return region;
  throw new UsageError(
    `Grown by ${growPx} pixels the region covers the whole photo; leave more of the picture to continue from, or give --grow 0.`,
  );
}

function warn({ warnings }: RegionFile): void {
  for (const warning of warnings) console.error(`warning: ${warning}`);
}

/** What the user should know before the wait. */
function tell({ remarks }: PhotoFile, { taken }: RegionFile): void {
  for (const remark of remarks) console.error(`note: ${remark}`);
  console.error(`region: ${taken}`);
}

/** Where fills begin that vary an earlier one. */
const usualStrength = 0.4;

/** The earlier fill that is varied, and how much. Throws: UsageError. */
async function readStart(
  photo: PhotoFile,
  { from, strength }: FillOptions,
): Promise<{ chosen: RgbaImage | null; strength: number }> {
  if (from === undefined && strength !== undefined)
    throw new UsageError('--strength needs a fill to vary: give one with --from.');
  const chosen = from === undefined ? null : await readChosen(from, photo);
  return { chosen, strength: chosen ? (strength ?? usualStrength) : 1 };
}

/** Photo and region as they are to be filled. Throws: UsageError when there is no region. */
async function readTask(
  photoPath: string,
  { region, expand, invert }: FillOptions,
): Promise<{ photo: PhotoFile; marked: RegionFile }> {
  if (region === undefined && !expand)
    throw new UsageError('Nothing to fill: give a --region, or --expand past the edges.');
  const photo = await readPhoto(photoPath);
  const marked = region === undefined ? null : await readRegion(region, photo, invert);
  if (!expand) return { photo, marked: marked! };
  const warnings = marked?.warnings ?? [];
  return {
    photo: expandPhoto(photo, expand),
    marked: { ...expandRegion(marked, photo, expand), warnings },
  };
}

async function fill(photoPath: string, options: FillOptions): Promise<void> {
  const { photo, marked } = await readTask(photoPath, options);
  warn(marked);
  const { chosen, strength } = await readStart(photo, options);
  const method = await openMethod(options);
  const { runtime } = method;
  const { card } = runtime;
  const settings = withEdge(settingsFrom(options, card), options, marked.coverage);
  const region = grownRegion(marked.coverage, settings);
  const maskBounds = coverageBounds(region)!;
  const selection = cropCoverage(region, maskBounds);
  const plan = rangeChecked(() =>
    planFill({ imageSize: photo, maskBounds, selection, card, settings, strength }),
  );
  const seeds = Array.from({ length: options.fills }, (_, k) => (options.seed + k) >>> 0);
  const request = contextRequest({
    jobId: 'cli',
    plan,
    settings,
    picture: photo.pixels,
    selection: region,
    seeds,
    chosen,
  });
  const model = card?.checkpoint.sha256 ?? 'the photo';
  const file = new SnapshotFile(options.out, request, model, 1000 * options.resumeEvery);
  const from = await resumePoint(file, options.resume);
  const results = await ResultFolder.open(options.out, {
    names: [layerName, ...previewFormats.map(previewName)],
    count: options.fills,
    first: from?.firstNumber ?? null,
    isForced: options.force,
    inputs: [photoPath, options.region, options.from].filter((it) => it !== undefined),
  });
  file.firstNumber = results.firstNumber;
  tell(photo, marked);
  const report = new FillReport(plan, seeds, method.name, method.device, options.json);
  const stop = stopOnInterrupt();
  try {
    for await (const event of runFill(request, runtime, from?.snapshot ?? null)) {
      if (event.kind === 'call') {
        if (stop.isAsked) return await tellResume(file, event);
        report.call(event);
        file.note(event);
      } else {
        const { fill, seed, layer } = event;
        const look = { ...options, fillTransparent: settings.fillTransparent };
        const files = await results.write(fill, [
          { name: layerName, bytes: await layerFile(layer, plan.maskBounds, photo) },
          {
            name: previewName(options.format),
            bytes: await previewFile(layer, plan.maskBounds, photo, look),
          },
        ]);
        report.filled({ seed, files });
      }
    }
    await file.remove();
  } finally {
    stop.forget();
    report.end();
    await method.release();
  }
}

/** The `fill` subcommand. */
export function fillCommand(): Command {
  const command = new Command('fill')
    .description('fill a region of a photo; writes each fill as a layer and as a flattened preview')
    .argument('<photo>', 'PNG, JPEG, WebP, AVIF, TIFF, GIF or BMP')
    .option('--region <mask>', 'image of the same size: white (or opaque) is filled')
    .option(
      '--expand <pixels>',
      'fill past the edges too: top,right,bottom,left; results have the larger size',
      parseMargins,
    )
    .option('--invert', 'fill what the mask keeps, and keep what it fills', false)
    .option(
      '--grow <px>',
      'grow the region first; 4, or 0 for a mask with soft edges',
      real(0, 256),
    )
    .option('--feather <px>', 'fade in inside hard edges; 4 without it', real(0, 256))
    .option('--fill-transparent', "fill the photo's transparent pixels too", false)
    .option('--fills <n>', 'how many fills', integer(1, 64), 3)
    .option(
      '--seed <n>',
      'seed of the first fill; the next ones count up',
      integer(0, 2 ** 32 - 1),
      1,
    )
    .option('--from <file>', 'vary an earlier result for this photo: its layer, or its preview')
    .option(
      '--strength <n>',
      'with --from: 0 = nearly the same, 1 = a fill of its own; 0.4 without it',
      real(0, 1),
    )
    .option('--out <dir>', 'folder for the results, made when missing', '.')
    .option('--force', 'replace results of earlier runs instead of numbering on', false)
    .addOption(
      new Option('--format <name>', 'of the preview').choices(previewFormats).default('png'),
    )
    .option('--quality <n>', 'of a JPEG or WebP preview', integer(1, 100), 90)
    .option('--resume', 'go on with the same fill where it was interrupted', false)
    .option('--resume-every <s>', 'seconds of work that a kill may cost', real(0, 3600), 3)
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(fill);
  return withMethodOptions(command);
}
