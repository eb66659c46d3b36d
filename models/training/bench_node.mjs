/**
 * Times garden-64 in onnxruntime-node through our loop, on the walk that bench_diffusers.py times.
 *
 *     npm run model:build
 *     npx tsx models/training/bench_node.mjs --size 64 --size 128 --threads 2
 *
 * `--spin off`, or microseconds an idle thread spins. Prints one JSON object: `rows` hold, for each size, a bare call of the network (median, fastest,
 * mean processor time of all threads) and a whole walk divided by its calls. The session's options are those of a fill on the
 * command line; the other flags change one of them, to find what it is worth.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { URL } from 'node:url';
import { parseArgs } from 'node:util';
import { InferenceSession } from 'onnxruntime-node';
import { benchState } from '../../src/lab/bench/bench-walk.ts';
import { sessionOptions } from '../../src/engine/session-options.ts';
import { createDiffusion } from '../../src/core/diffusion.ts';
import { runWalk } from '../../src/core/sampler.ts';
import { planWalk } from '../../src/core/walk.ts';
import { OrtNetwork } from '../../src/engine/ort-network.ts';
import { median } from '../../src/engine/warm-up.ts';

const modelFolder = new URL('../../build/models/garden-64/', import.meta.url);
const { values: options } = parseArgs({
  options: {
    size: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '25' },
    jump: { type: 'string', default: '5' },
    resamplings: { type: 'string', default: '3' },
    calls: { type: 'string', default: '40' },
    walks: { type: 'string', default: '1' },
    spin: { type: 'string' },
    optimization: { type: 'string', default: 'all' },
  },
});

/** Returns the milliseconds of each run. */
async function times(count, run) {
  const all = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await run();
    all.push(performance.now() - start);
  }
  return all;
}

async function measure(network, card, size) {
  const { state, call } = benchState(network, [1, 3, size, size], card);
  const settings = {
    sampler: 'repaint',
    numInferenceSteps: Number(options.steps),
    jumpLength: Number(options.jump),
    resamplings: Number(options.resamplings),
    eta: null,
  };
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

const { card } = JSON.parse(await readFile(new URL('model.json', modelFolder), 'utf8'));
const session = await InferenceSession.create(await readFile(new URL('model.onnx', modelFolder)), {
  ...sessionOptions(
    Number(options.threads),
    options.spin === undefined ? undefined : options.spin === 'off' ? null : Number(options.spin),
  ),
  graphOptimizationLevel: options.optimization,
});
const network = new OrtNetwork(session);
const rows = [];
const sizes = options.size.length > 0 ? options.size : ['64', '128'];
for (const size of sizes) rows.push(await measure(network, card, Number(size)));
await network.release();
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
console.log(
  JSON.stringify({
    versions: { node: process.versions.node, 'onnxruntime-node': version },
    threads: Number(options.threads),
    spin: options.spin ?? 'default',
    optimization: options.optimization,
    rows,
  }),
);
