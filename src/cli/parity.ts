/** `repaint-fill parity`: compares this implementation with recorded numbers of the official code. */
import { resolve, sep } from 'node:path';
import { Command, Option } from 'commander';
import {
  parityBackends,
  type ParityBackend,
  type ParityRow,
  type SkippedRow,
} from '../lab/parity/family.js';
import { browserAdapter, closeBrowserRuntime } from '../lab/parity/browser-runtime.js';
import { caseNetworks } from '../lab/parity/networks.js';
import { parityFamilies, runParity } from '../lab/parity/run.js';
import { UsageError } from './cli-error.js';
import { isCheckout } from './places.js';

interface ParityOptions {
  readonly on: ParityBackend;
  readonly family: readonly string[];
  readonly json: boolean;
}

const isSkipped = (row: ParityRow | SkippedRow): row is SkippedRow => 'skipped' in row;

function describe(row: ParityRow | SkippedRow): string {
  const name = `${row.family}  ${row.case}`;
  if (isSkipped(row)) return `skip  ${name}: ${row.skipped}`;
  const error = row.maxAbs === null ? 'no number' : row.maxAbs.toExponential(2);
  const bound = row.tolerance === null ? '' : ` of ${row.tolerance.toExponential(0)} allowed`;
  const unit = row.relativeTo ? `, relative to ${row.relativeTo}` : '';
  const message = row.message ? `: ${row.message}` : '';
  return `${row.ok ? 'ok  ' : 'FAIL'}  ${name}  ${row.quantity}: ${error}${bound}${unit}${message}`;
}

function summary(rows: readonly (ParityRow | SkippedRow)[]): string {
  const compared = rows.filter((row): row is ParityRow => !isSkipped(row));
  const failed = compared.filter((row) => !row.ok).length;
  const skipped = rows.length - compared.length;
  return `${compared.length - failed} hold, ${failed} do not, ${skipped} skipped`;
}

/** A family's own folder stands for the folder around it and that family alone. */
function rootAndFamilies(folder: string, families: readonly string[]) {
  const path = resolve(folder);
  const own = parityFamilies.find(({ name }) => path.endsWith(sep + name.replaceAll('/', sep)));
  if (!own) return { root: path, families };
  return { root: path.slice(0, -own.name.length - 1), families: [own.name] };
}

async function parity(folder: string, options: ParityOptions): Promise<void> {
  if (options.on !== 'node' && !isCheckout) {
    throw new UsageError(
      `--on ${options.on} runs in a checkout of the project only, where its development dependencies are; here there is --on node.`,
    );
  }
  const { root, families } = rootAndFamilies(folder, options.family);
  const rows: (ParityRow | SkippedRow)[] = [];
  const environment = {
    root,
    backend: options.on,
    ...caseNetworks(root, options.on),
  };
  try {
    for await (const row of runParity(environment, families)) {
      rows.push(row);
      if (!options.json) console.log(describe(row));
    }
    const adapter = await browserAdapter();
    if (adapter !== null) console.error(`WebGPU adapter: ${adapter}`);
  } finally {
    await closeBrowserRuntime();
  }
  if (options.json) console.log(JSON.stringify(rows, null, 1));
  else console.log(summary(rows));
  if (rows.some((row) => !isSkipped(row) && !row.ok)) process.exitCode = 1;
}

/** The `parity` subcommand. */
export function parityCommand(): Command {
  return new Command('parity')
    .description('compare with recorded numbers of the official code; exit code 1 if one is off')
    .argument(
      '<folder>',
      'folder laid out as the fixtures: diffusion/, schedule/, repaint-trace/ ...',
    )
    .addOption(
      new Option('--on <backend>', 'where networks run').choices(parityBackends).default('node'),
    )
    .option('--family <names...>', 'check only these, e.g. schedule hf/unet2d', [])
    .option('--json', 'one JSON array of rows on stdout instead of words', false)
    .action(parity);
}
