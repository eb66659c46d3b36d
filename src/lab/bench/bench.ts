/** `npm run bench`: what a network call, a transition and a start cost, in Node and in Chromium. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { modelManifestSchema } from '../../protocol/model-card.js';
import { browserRows } from './browser-rows.js';
import { nodeRows } from './node-rows.js';
import { formatTable } from './rows.js';

const modelFolder = fileURLToPath(new URL('../../../build/models/garden-64', import.meta.url));

interface BenchOptions {
  readonly quick: boolean;
  readonly json?: string;
}

async function bench({ quick, json }: BenchOptions): Promise<void> {
  const manifest = await readFile(`${modelFolder}/model.json`, 'utf8').catch(() => {
    throw new Error(`No model in ${modelFolder}: run "npm run model:build" first.`);
  });
  const { card } = modelManifestSchema.parse(JSON.parse(manifest));
  const rows = [...(await nodeRows(modelFolder, card, quick)), ...(await browserRows(quick))];
  console.log(formatTable(rows));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
}

await new Command('bench')
  .description('measure calls, transitions and starts')
  .option('--quick', 'under five minutes on two cores', false)
  .option('--json <file>', 'also write rows {name, value, unit}')
  .action(bench)
  .parseAsync();
