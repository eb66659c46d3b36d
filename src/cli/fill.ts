/** `repaint-fill fill`: fills a region of a photo in Node, with the panel's plan, walk and composite. */
import { join } from 'node:path';
import { Command } from 'commander';
import { planFill } from '../fill/plan.js';
import { runFill } from '../fill/run.js';
import { contextRequest } from '../fill/request.js';
import { coverageBounds, growCoverage } from '../image/coverage.js';
import { cropCoverage } from '../image/planar.js';
import { rangeChecked } from './cli-error.js';
import { FillReport } from './fill-report.js';
import { makeFolder, placeLayer, readPhoto, readRegion, writePng } from './image-files.js';
import {
  openMethod,
  settingsFrom,
  withMethodOptions,
  type MethodOptions,
} from './method-options.js';
import { integer } from './numbers.js';

interface FillOptions extends MethodOptions {
  readonly region: string;
  readonly fills: number;
  readonly seed: number;
  readonly out: string;
  readonly json: boolean;
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
  const report = new FillReport(plan, seeds, method.name, method.device, options.json);
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
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(fill);
  return withMethodOptions(command);
}
