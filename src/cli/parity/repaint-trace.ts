/** Family `repaint-trace`: complete runs of the released RePaint code with recorded noise. */
import { join } from 'node:path';
import { CpuSamplerState } from '../../core/cpu-state.js';
import type { Network } from '../../core/network.js';
import { networkTimestep } from '../../core/diffusion.js';
import { makeMove } from '../../core/sampler.js';
import type { Transition } from '../../core/walk.js';
import { subfolders } from './case-files.js';
import type { CaseReport, OpenedNetwork, ParityEnvironment, ParityFamily } from './family.js';
import { readTrace, RecordedNoise, UnsupportedTrace, type Trace } from './trace-file.js';
import { AnalyticNetwork, RecordedGradients, RecordedNetwork } from './trace-networks.js';

const scale = 'max(1, |value|)' as const;
/** The README's bounds for one step. */
const stepTolerance = {
  xIn: { tolerance: 1e-5 },
  xAfter: { tolerance: 5e-6 },
  modelOut: { tolerance: 2e-5 },
  predXstart: { tolerance: 1e-4, scale },
} as const;
/** And for a whole run. */
const runTolerance = { tolerance: 1e-4 };
/** The official 8-bit image truncates; one level is allowed. */
const u8Tolerance = { tolerance: 1 };

function recordedTransitions({ walk }: Trace): Transition[] {
  return walk.transitions.map(({ kind, from, to }) =>
    kind === 'reverse' ? { kind: 'denoise', t: from } : { kind: 'renoise', t: to },
  );
}

/** Labels, moves and what the network is told. Returns false when the run cannot be replayed. */
function checkWalk(report: CaseReport, trace: Trace): boolean {
  const { walk, plan, diffusion } = trace;
  const signed = (moves: readonly Transition[]) =>
    moves.map(({ kind, t }) => (kind === 'denoise' ? t : -t));
  const ours = signed(plan.transitions);
  const theirs = signed(recordedTransitions(trace));
  report.exact('timestep_map', plan.timesteps, walk.timestep_map);
  report.exact('transitions', ours, theirs);
  if (ours.join() !== theirs.join()) return false;
  const calls = walk.transitions.filter((move) => move.model_t !== undefined);
  const told = calls.map((move) => networkTimestep(diffusion, move.from));
  // Float32 where the official code rescales it.
  report.compare(
    'model_t',
    told,
    calls.map((move) => move.model_t!),
    { tolerance: 1e-6, scale },
  );
  return true;
}

function stateFor(trace: Trace, network: Network, gradients: RecordedNetwork | RecordedGradients) {
  const { tensors, shape } = trace;
  const classLabels = tensors.has('y') ? Int32Array.from(tensors.get('y').values) : null;
  return new CpuSamplerState({
    shape,
    network,
    noise: new RecordedNoise(trace),
    pixels: { known: tensors.get('gt').values, keepMask: tensors.get('mask').values },
    guidance: { classLabels, nullClassLabel: null, scale: 1 },
    classifier: tensors.has('cond_grad') ? { model: gradients, scale: 1, classLabels } : null,
  });
}

/** Way 1: each transition from the recorded state before it, with the recorded network output. */
async function replaySteps(report: CaseReport, trace: Trace): Promise<void> {
  const { tensors, plan, walk } = trace;
  const network = new RecordedNetwork(tensors);
  const state = stateFor(trace, network, network);
  for (const [i, move] of plan.transitions.entries()) {
    if (i === 0) await state.start();
    else await state.restore({ xt: tensors.row('x_after', i - 1), x0Hat: null });
    network.call = walk.transitions[i].call ?? 0;
    await makeMove({ ...trace, state }, move, i);
    const after = [await state.readXt(), tensors.row('x_after', i)] as const;
    if (move.kind === 'renoise') {
      report.compare('undo', ...after, stepTolerance.xAfter);
      continue;
    }
    const row = (name: string) => tensors.row(name, network.call);
    const x0Hat = (await state.readX0Hat())!;
    report.compare('x_in', network.lastInput!.xt, row('x_in'), stepTolerance.xIn);
    report.compare('pred_xstart', x0Hat, row('pred_xstart'), stepTolerance.predXstart);
    report.compare('x_after', ...after, stepTolerance.xAfter);
  }
}

/** Way 2: our network on the recorded inputs. */
async function replayNetwork(report: CaseReport, trace: Trace, network: Network): Promise<void> {
  const { tensors, shape, walk, diffusion } = trace;
  const classLabels = tensors.has('y') ? Int32Array.from(tensors.get('y').values) : null;
  for (const { call, from } of walk.transitions) {
    if (call === undefined) continue;
    const timestep = networkTimestep(diffusion, from);
    const out = await network.predict({
      xt: tensors.row('x_in', call),
      shape,
      timestep,
      classLabels,
    });
    report.compare('model_out', out, tensors.row('model_out', call), stepTolerance.modelOut);
  }
}

/** Way 3: the whole run from the noise alone. */
async function replayRun(report: CaseReport, trace: Trace, network: Network): Promise<void> {
  const { tensors, plan } = trace;
  const state = stateFor(trace, network, new RecordedGradients(tensors));
  await state.start();
  for (const [i, move] of plan.transitions.entries()) {
    await makeMove({ ...trace, state }, move, i);
    report.compare(
      'whole run x_after',
      await state.readXt(),
      tensors.row('x_after', i),
      runTolerance,
    );
  }
  const sample = await state.readXt();
  report.compare('whole run sample', sample, tensors.get('sample').values, runTolerance);
  if (!tensors.has('sample_u8')) return;
  const expected = tensors.get('sample_u8').values;
  report.compare('whole run sample_u8', truncatedPixels(sample, trace), expected, u8Tolerance);
}

/** Shapes: [N, C, H, W] in [-1, 1] to [N, H, W, C] in 0..255, truncated as the official code. */
function truncatedPixels(sample: Float32Array, { shape: [n, c, h, w] }: Trace): Float32Array {
  const plane = h * w;
  return Float32Array.from({ length: n * plane * c }, (_, k) => {
    const [image, pixel, channel] = [Math.floor(k / (plane * c)), Math.floor(k / c) % plane, k % c];
    const value = (sample[(image * c + channel) * plane + pixel] + 1) * 127.5;
    return Math.trunc(Math.min(Math.max(value, 0), 255));
  });
}

function openNetwork({ walk }: Trace, environment: ParityEnvironment): Promise<OpenedNetwork> {
  if (!walk.network.startsWith('analytic')) {
    return environment.openNetwork(walk.network, walk.checkpoint_file);
  }
  const network = new AnalyticNetwork(walk.conf);
  return Promise.resolve({ network, release: async () => {} });
}

async function checkTrace(folder: string, report: CaseReport, environment: ParityEnvironment) {
  const trace = await readTrace(folder);
  if (!checkWalk(report, trace)) return;
  await replaySteps(report, trace);
  const opened = await openNetwork(trace, environment);
  if ('unsupported' in opened) {
    report.skip(opened.unsupported, 'whole run');
    return;
  }
  try {
    await replayNetwork(report, trace, opened.network);
    await replayRun(report, trace, opened.network);
  } finally {
    await opened.release();
  }
}

export const repaintTraceFamily: ParityFamily = {
  name: 'repaint-trace',
  async cases(folder) {
    return (await subfolders(folder)).map((name) => ({
      name,
      check: async (report, environment) => {
        try {
          await checkTrace(join(folder, name), report, environment);
        } catch (error) {
          if (!(error instanceof UnsupportedTrace)) throw error;
          report.skip(error.message);
        }
      },
    }));
  },
};
