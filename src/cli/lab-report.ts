/** `repaint-fill lab report`: tables, figures and pictures of a run, from all of its shards. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { defaultFeatureModel, openFeatureNetwork } from '../lab/measure/feature-model.js';
import { readRun } from '../lab/report/read-run.js';
import { columnsOf, type Tables } from '../lab/report/tables.js';
import { writeReport } from '../lab/report/write-report.js';
import { measureNames, measureWords } from '../lab/report/measures.js';
import { integer } from './numbers.js';

interface ReportOptions {
  readonly out?: string;
  readonly photos: string;
  readonly features: string;
  readonly examples: number;
  readonly json: boolean;
}

/** The first measure's means: what the page's first table says. */
function print({ rows }: Tables, masks: readonly string[], file: string): void {
  const measure = measureNames.find((name) => rows.some((row) => row.measure === name));
  if (measure) {
    const { title, digits } = measureWords[measure];
    console.log([title.padEnd(20), ...masks.map((mask) => mask.padStart(17))].join(''));
    for (const method of new Set(rows.map((row) => row.method))) {
      const cells = masks.map((mask) => {
        const row = rows.find(
          (it) => it.measure === measure && it.mask === mask && it.method === method,
        );
        return (row ? row.mean.toFixed(digits) : '-').padStart(17);
      });
      console.log([method.padEnd(20), ...cells].join(''));
    }
  }
  console.log(file);
}

async function report(folders: readonly string[], options: ReportOptions): Promise<void> {
  const run = await readRun(folders);
  const { out = folders[0], photos, features: file, examples } = options;
  const features = existsSync(file) ? await openFeatureNetwork(file, 1) : null;
  const tables = await writeReport({ run, out, photosFolder: photos, features, examples });
  const page = join(out, 'report.html');
  if (options.json) console.log(JSON.stringify({ report: page, ...tables }, null, 2));
  else print(tables, columnsOf(run.plan), page);
}

/** The `lab report` subcommand. */
export function labReportCommand(): Command {
  return new Command('report')
    .description('make report.html, .json and .csv of a run')
    .argument('<dirs...>', "the run's folder, or the folders of its shards")
    .option('--out <dir>', 'folder to write to (default: the first folder)')
    .requiredOption('--photos <dir>', 'the photos of the run, for the pictures in the page')
    .option(
      '--features <file>',
      'network of the feature distance, for diversity',
      defaultFeatureModel(),
    )
    .option('--examples <n>', 'how many of the best and the worst to show', integer(0, 50), 3)
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(report);
}
