/** Writes test/fixtures/engine/golden-walk.json: npx tsx test/engine/make-golden-walk.mts */
import { writeFile } from 'node:fs/promises';
import { openNodeRuntime } from '../../src/cli/node-runtime.js';
import { goldenSetup, goldenValues } from './golden-walk.js';

const runtime = await openNodeRuntime('garden-64');
const setup = goldenSetup(runtime.card);
const state = await runtime.createState(setup as Parameters<typeof runtime.createState>[0]);
const golden = {
  command: 'npx tsx test/engine/make-golden-walk.mts (onnxruntime-node 1.30.0)',
  checkpointSha256: runtime.card.checkpoint.sha256,
  values: (await goldenValues(state, runtime.card)).map((value) => Number(value.toFixed(6))),
};
const file = new URL('../fixtures/engine/golden-walk.json', import.meta.url);
await writeFile(file, `${JSON.stringify(golden, null, 1)}\n`);
await runtime.release();
