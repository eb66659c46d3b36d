/** Family `repaint-trace`: complete runs of the released RePaint code with recorded noise. */
import { join } from 'node:path';
import { CpuSamplerState } from '../../core/cpu-state.js';
import type { GradientModel, Network } from '../../core/network.js';
import { networkTimestep } from '../../core/diffusion.js';
import { makeMove } from '../../core/sampler.js';
import type { Transition } from '../../core/walk.js';
import { subfolders } from './case-files.js';
import {
  NotSupported,
  type CaseReport,
  type OpenedModel,
  type ParityEnvironment,
  type ParityFamily,
} from './family.js';
import { readTrace, RecordedNoise, type Trace } from './trace-file.js';
import { AnalyticNetwork, RecordedNetwork } from './trace-networks.js';

const scale = 'max(1, |value|)' as const;
/** The README's bounds for one step. */
const stepTolerance = {
  xIn: { tolerance: 1e-5 },
  xAfter: { tolerance: 5e-6 },
  modelOut: { tolerance: 2e-5 },
  condGrad: { tolerance: 1e-5 },
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

function classLabelsOf({ tensors }: Trace): Int32Array | null {
  return tensors.has('y') ? Int32Array.from(tensors.get('y').values) : null;
}

function stateFor(
  trace: Trace,
  network: Network,
  gradients: { model: GradientModel; scale: number } | null,
): CpuSamplerState {
  const { tensors, shape } = trace;
  const classLabels = classLabelsOf(trace);
  return new CpuSamplerState({
    shape,
    network,
    noise: new RecordedNoise(trace),
    pixels: { known: tensors.get('gt').values, keepMask: tensors.get('mask').values },
    guidance: { classLabels, nullClassLabel: null, scale: 1 },
    classifier: gradients && { ...gradients, classLabels },
  });
}

/** Way 1: each transition from the recorded state before it, with the recorded network output. */
async function replaySteps(report: CaseReport, trace: Trace): Promise<void> {
  const { tensors, plan, walk } = trace;
  const network = new RecordedNetwork(tensors);
  // The recorded gradient holds the classifier scale already.
  const gradients = tensors.has('cond_grad') ? { model: network, scale: 1 } : null;
  const state = stateFor(trace, network, gradients);
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

/** Networks of our own for ways 2 and 3. */
interface OwnModels {
  readonly network: Network;
  readonly gradients: { readonly model: GradientModel; readonly scale: number } | null;
}

/** Way 2: our networks on the recorded inputs. */
async function replayNetwork(report: CaseReport, trace: Trace, models: OwnModels): Promise<void> {
  const { tensors, shape, walk, diffusion } = trace;
  const { network, gradients } = models;
  for (const { call, from } of walk.transitions) {
    if (call === undefined) continue;
    const timestep = networkTimestep(diffusion, from);
    const input = {
      xt: tensors.row('x_in', call),
      shape,
      timestep,
      classLabels: classLabelsOf(trace),
    };
    const out = await network.predict(input);
    report.compare('model_out', out, tensors.row('model_out', call), stepTolerance.modelOut);
    if (!gradients) continue;
    const gradient = (await gradients.model.gradient(input)).map((g) => g * gradients.scale);
    report.compare('cond_grad', gradient, tensors.row('cond_grad', call), stepTolerance.condGrad);
  }
}

/** Way 3: the whole run from the noise alone. */
async function replayRun(report: CaseReport, trace: Trace, models: OwnModels): Promise<void> {
  const { tensors, plan } = trace;
  const state = stateFor(trace, models.network, models.gradients);
  await state.start();
  for (const [i, move] of plan.transitions.entries()) {
    await makeMove({ ...trace, state }, move, i);
    const expected = tensors.row('x_after', i);
    report.compare('whole run x_after', await state.readXt(), expected, runTolerance);
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

async function openNetwork(
  { walk }: Trace,
  environment: ParityEnvironment,
): Promise<OpenedModel<Network>> {
  if (!walk.network.startsWith('analytic')) {
    return environment.openNetwork(walk.network, walk.checkpoint_file);
  }
  return { model: new AnalyticNetwork(walk.conf), release: async () => {} };
}

/** Null where the run was not guided. */
async function openGradient(
  { walk, tensors }: Trace,
  environment: ParityEnvironment,
): Promise<OpenedModel<GradientModel> | null> {
  if (!tensors.has('cond_grad')) return null;
  if (!walk.classifier) throw new NotSupported('the case names no classifier');
  return environment.openGradient(walk.classifier, walk.checkpoint_file);
}

async function replayWithOwnModels(
  report: CaseReport,
  trace: Trace,
  environment: ParityEnvironment,
): Promise<void> {
  const opened: OpenedModel<unknown>[] = [];
  try {
    const network = await openNetwork(trace, environment);
    opened.push(network);
    const gradient = await openGradient(trace, environment);
    if (gradient) opened.push(gradient);
    const scale = trace.walk.conf.classifier_scale;
    const gradients = gradient && { model: gradient.model, scale };
    const models = { network: network.model, gradients };
    await replayNetwork(report, trace, models);
    await replayRun(report, trace, models);
  } catch (error) {
    if (!(error instanceof NotSupported)) throw error;
    report.skip(error.message, 'whole run');
  } finally {
    for (const model of opened) await model.release();
  }
}

async function checkTrace(folder: string, report: CaseReport, environment: ParityEnvironment) {
  const trace = await readTrace(folder);
  if (!checkWalk(report, trace)) return;
  await replaySteps(report, trace);
  await replayWithOwnModels(report, trace, environment);
}

export const repaintTraceFamily: ParityFamily = {
  name: 'repaint-trace',
  async cases(folder) {
    return (await subfolders(folder)).map((name) => ({
      name,
      check: (report, environment) => checkTrace(join(folder, name), report, environment),
    }));
  },
};
