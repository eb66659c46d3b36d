/**
 * Times garden-64 in onnxruntime-node through our loop, on the walk that bench_diffusers.py times.
 *
 *     npm run model:build
 *     npx tsx src/lab/bench/bench-node.ts --size 64 --size 128 --threads 2
 *
 * `--spin off`, or microseconds an idle thread spins. Prints one JSON object: `rows` hold, for each
 * size, a bare call of the network (median, fastest, mean processor time of all threads) and a whole
 * walk divided by its calls. The session's options are those of a fill on the command line; the
 * other flags change one of them, to find what it is worth.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { InferenceSession } from 'onnxruntime-node';
import { createDiffusion } from '../../core/diffusion.js';
import { runWalk } from '../../core/sampler.js';
import { planWalk } from '../../core/walk.js';
import { OrtNetwork } from '../../engine/ort-network.js';
import { sessionOptions, spinMicroseconds } from '../../engine/session-options.js';
import { median } from '../../engine/warm-up.js';
import { modelManifestSchema, type ModelCard } from '../../protocol/model-card.js';
import { benchState } from './bench-walk.js';
import { timed } from './rows.js';

const modelFolder = new URL('../../../build/models/garden-64/', import.meta.url);
const { values: options } = parseArgs({
  options: {
    size: { type: 'string', multiple: true, default: ['64', '128'] },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '25' },
    jump: { type: 'string', default: '5' },
    resamplings: { type: 'string', default: '3' },
    calls: { type: 'string', default: '40' },
    walks: { type: 'string', default: '1' },
    spin: { type: 'string', default: String(spinMicroseconds) },
    optimization: { type: 'string', default: 'all' },
  },
});

/** Milliseconds of each run. */
async function times(count: number, run: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push(await timed(run));
  return all;
}

async function measure(network: OrtNetwork, card: ModelCard, size: number) {
  const { state, call } = benchState(network, [1, 3, size, size], card);
  const settings = {
    sampler: 'repaint',
    numInferenceSteps: Number(options.steps),
    jumpLength: Number(options.jump),
    resamplings: Number(options.resamplings),
    eta: null,
  } as const;
  const plan = planWalk(settings, card.diffusion);
  const diffusion = createDiffusion(card.diffusion, plan.timesteps);
  const walk = async () => {
    const steps = runWalk({ plan, diffusion, state, collapseRenoise: true });
    while (!(await steps.next()).done);
  };
  await times(3, () => network.predict(call));
  const cpuStart = process.cpuUsage();
  const bare = await times(Number(options.calls), () => network.predict(call));
  const cpu = process.cpuUsage(cpuStart);
  const whole = await times(Number(options.walks), walk);
  return {
    size,
    nfe: plan.nfe,
    bareMs: median(bare),
    fastestMs: Math.min(...bare),
    cpuMs: (cpu.user + cpu.system) / 1000 / bare.length,
    walkMs: whole.length > 0 ? median(whole) / plan.nfe : null,
  };
}

const manifest: unknown = JSON.parse(await readFile(new URL('model.json', modelFolder), 'utf8'));
const { card } = modelManifestSchema.parse(manifest);
const onnx = new Uint8Array(await readFile(new URL('model.onnx', modelFolder)));
const spin = options.spin === 'off' ? null : Number(options.spin);
const session = await InferenceSession.create(onnx, {
  ...sessionOptions(Number(options.threads), spin),
  graphOptimizationLevel: options.optimization as 'all',
});
const network = new OrtNetwork(session);
const rows = [];
for (const size of options.size) rows.push(await measure(network, card, Number(size)));
await network.release();
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as {
  version: string;
};
console.log(
  JSON.stringify({
    versions: { node: process.versions.node, 'onnxruntime-node': version },
    threads: Number(options.threads),
    spin: options.spin,
    optimization: options.optimization,
    rows,
  }),
);
