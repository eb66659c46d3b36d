/** `repaint-fill fill`: fills a region of a photo in Node, with the panel's plan, walk and composite. */
import { join } from 'node:path';
import { Command } from 'commander';
import { planFill } from '../fill/plan.js';
import { runFill, type CallEvent } from '../fill/run.js';
import { contextRequest } from '../fill/request.js';
import { coverageBounds, growCoverage } from '../image/coverage.js';
import { cropCoverage } from '../image/planar.js';
import type { FillSnapshot } from '../protocol/fill.js';
import { rangeChecked } from './cli-error.js';
import { FillReport } from './fill-report.js';
import { makeFolder, placeLayer, readPhoto, readRegion, writePng } from './image-files.js';
import {
  openMethod,
  settingsFrom,
  withMethodOptions,
  type MethodOptions,
} from './method-options.js';
import { SnapshotFile } from './fill-snapshot.js';
import { integer } from './numbers.js';

interface FillOptions extends MethodOptions {
  readonly region: string;
  readonly fills: number;
  readonly seed: number;
  readonly out: string;
  readonly resume: boolean;
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
async function resumePoint(file: SnapshotFile, isAsked: boolean): Promise<FillSnapshot | null> {
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

async function fill(photoPath: string, options: FillOptions): Promise<void> {
  const photo = await readPhoto(photoPath);
  const marked = await readRegion(options.region, photo);
  const method = await openMethod(options);
  const { runtime } = method;
  const { card } = runtime;
  const settings = settingsFrom(options, card);
  const region = growCoverage(marked, settings.growPx);
  const maskBounds = coverageBounds(region)!;
  const selection = cropCoverage(region, maskBounds);
  const plan = rangeChecked(() =>
    planFill({ imageSize: photo, maskBounds, selection, card, settings }),
  );
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
  const file = new SnapshotFile(options.out, request, card?.checkpoint.sha256 ?? 'the photo');
  const from = await resumePoint(file, options.resume);
  const report = new FillReport(plan, seeds, method.name, method.device, options.json);
  const stop = stopOnInterrupt();
  try {
    for await (const event of runFill(request, runtime, from)) {
      if (event.kind === 'call') {
        if (stop.isAsked) return await tellResume(file, event);
        report.call(event);
        file.note(event);
      } else {
        const { layer, preview } = placeLayer(event.layer, plan.maskBounds, photo);
        const files = [`fill-${event.fill + 1}.png`, `preview-${event.fill + 1}.png`];
        await writePng(join(options.out, files[0]), layer);
        await writePng(join(options.out, files[1]), preview);
        report.filled({ seed: event.seed, files });
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
    .option('--resume', 'go on with the same fill where it was interrupted', false)
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(fill);
  return withMethodOptions(command);
}
