/** The loop: walks a plan's transitions over a state, one network call at a time. */
import { networkTimestep, type Diffusion } from './diffusion.js';
import type { NoiseLevel, SamplerState, StateImages } from './sampler-state.js';
import { checkLabel, stepCoefficients } from './step-coefficients.js';
import type { Transition, WalkPlan } from './walk.js';

/**
 * Where a walk stands between two transitions; with the seeds, all a resumed walk needs. `x0Hat` is
 * there only where the next transition starts from it.
 */
export interface WalkSnapshot extends StateImages {
  /** Transitions done. */
  readonly transition: number;
}

export interface WalkJob {
  readonly plan: WalkPlan;
  /** `createDiffusion(config, plan.timesteps)`. */
  readonly diffusion: Diffusion;
  readonly state: SamplerState;
  /** Clean image to start from, where the plan does not start from noise. Shapes: [N*C*H*W]. */
  readonly startImage?: Float32Array | null;
  /** Goes on from here instead of starting. */
  readonly resume?: WalkSnapshot | null;
  /**
   * Draws renoise steps that follow each other as one, of the same law but not the same draw:
   * q(x_t | x_s) is Gaussian for any t > s. Off, the literal order of the official code.
   */
  readonly collapseRenoise?: boolean;
}

/** One network call has been made. Valid until the next is asked for. */
export interface WalkStep {
  readonly t: number;
  /** What the network was told. */
  readonly timestep: number;
  /** Network calls done and in total, for one image. */
  readonly nfe: number;
  readonly nfeTotal: number;
  /** Copies the predicted clean image out; stays usable when the walk is stopped here. */
  readonly readX0Hat: () => Promise<Float32Array>;
  /** The state's own rendering of the predicted images, or null where it has none. */
  readPreview(): Promise<Uint8ClampedArray<ArrayBuffer> | null>;
  /**
   * Copies everything a later run needs to go on from here, bit for bit. Asked for before the next
   * call is, it may be awaited while the walk goes on.
   */
  snapshot(): Promise<WalkSnapshot>;
}

/**
 * Returns the law of x_t given x_0 at label t. Throws: RangeError when t is no label.
 * alpha-bar is rounded to float32 before it is taken from 1, as the official code does: at label 0
 * that makes sigma 1e-4 of its size larger, which is more than the tolerance of a replayed run.
 */
export function noiseLevel(diffusion: Diffusion, t: number): NoiseLevel {
  checkLabel(diffusion, t);
  const alpha = Math.fround(diffusion.alphasCumprod[t]);
  return { signal: Math.sqrt(alpha), sigma: Math.sqrt(1 - alpha) };
}

/** Returns the forward step x_{t-1} -> x_t. Source: DDPM eq. 2, beta index t (not t-1). */
export function undoStep(diffusion: Diffusion, t: number): NoiseLevel {
  checkLabel(diffusion, t);
  const beta = diffusion.betas[t];
  return { signal: Math.sqrt(1 - beta), sigma: Math.sqrt(beta) };
}

/** What one move of a walk needs. */
type MoveContext = Pick<WalkJob, 'plan' | 'diffusion' | 'state' | 'collapseRenoise'>;

/** Composes two forward steps. Source: DDPM eq. 4, between any two labels. */
export function composeRenoise(first: NoiseLevel, second: NoiseLevel): NoiseLevel {
  return {
    signal: first.signal * second.signal,
    sigma: Math.hypot(second.signal * first.sigma, second.sigma),
  };
}

/** The renoise steps that end at this transition, as one. */
function climb({ plan, diffusion }: MoveContext, last: number): NoiseLevel {
  let level = undoStep(diffusion, plan.transitions[last].t);
  for (let i = last - 1; plan.transitions[i]?.kind === 'renoise'; i--) {
    level = composeRenoise(undoStep(diffusion, plan.transitions[i].t), level);
  }
  return level;
}

/** True where a collapsed climb has not reached its top yet. */
function isWithinClimb({ plan, collapseRenoise }: MoveContext, i: number): boolean {
  const [here, next] = plan.transitions.slice(i, i + 2);
  return collapseRenoise === true && here.kind === 'renoise' && next?.kind === 'renoise';
}

/**
 * Walks the plan, yielding after each network call, and returns the network's clean image
 * (composite it with `compositeKnown`). To cancel, stop pulling.
 * Known pixels are injected at the level of each call's input, except at the very first call from
 * pure noise, as in the authors' code; Algorithm 1 merges after the step instead.
 * Shapes: returns [N*C*H*W]. Units: [-1, 1].
 * Throws: RangeError when plan, diffusion and state do not belong together;
 * NonFiniteOutputError from the state.
 */
export async function* runWalk(job: WalkJob): AsyncGenerator<WalkStep, Float32Array, void> {
  const { plan, state, resume } = job;
  checkJob(job);
  if (resume) await state.restore(resume);
  else await startState(job);
  const first = resume?.transition ?? 0;
  const isCall = (move: Transition) => move.kind === 'denoise';
  let nfe = plan.transitions.slice(0, first).filter(isCall).length * state.callsPerStep;
  for (let i = first; i < plan.transitions.length; i++) {
    const move = plan.transitions[i];
    if (isWithinClimb(job, i)) continue;
    await makeMove(job, move, i);
    if (!isCall(move)) continue;
    nfe += state.callsPerStep;
    yield walkStep(job, move.t, i + 1, nfe);
  }
  return state.readXt();
}

async function startState({ plan, diffusion, state, startImage }: WalkJob): Promise<void> {
  if (plan.startsFromNoise) return state.start();
  if (!startImage) throw new RangeError('this plan starts from an image: give startImage');
  const t = plan.startLabel;
  await state.startFrom(startImage, { t, transition: 0, ...noiseLevel(diffusion, t) });
}

/**
 * Makes one move of the plan; `transition` is its index, the counter of its noise.
 * Throws: as `runWalk`.
 */
export async function makeMove(
  context: MoveContext,
  move: Transition,
  transition: number,
): Promise<void> {
  const { plan, diffusion, state } = context;
  const { kind, t } = move;
  switch (kind) {
    case 'denoise': {
      const isFirstFromNoise = transition === 0 && plan.startsFromNoise;
      return state.denoise({
        t,
        timestep: networkTimestep(diffusion, t),
        transition,
        inject: isFirstFromNoise ? null : noiseLevel(diffusion, t),
        coefficients: stepCoefficients(diffusion, t, plan.settings.eta),
      });
    }
    case 'renoise': {
      const level = context.collapseRenoise ? climb(context, transition) : undoStep(diffusion, t);
      return state.renoise({ t, transition, ...level });
    }
    case 'restart':
      return state.restart({ t, transition, ...noiseLevel(diffusion, t) });
    default:
      kind satisfies never;
  }
}

function walkStep(job: WalkJob, t: number, done: number, nfe: number): WalkStep {
  const { state, plan, diffusion } = job;
  const readX0Hat = async () => {
    const x0Hat = await state.readX0Hat();
    if (!x0Hat) throw new RangeError('the state has no x0 prediction after a network call');
    return x0Hat;
  };
  return {
    t,
    timestep: networkTimestep(diffusion, t),
    nfe,
    nfeTotal: plan.nfe,
    readX0Hat,
    readPreview: async () => (await state.readPreview?.()) ?? null,
    snapshot: async () => {
      const needsX0Hat = plan.transitions[done]?.kind === 'restart';
      const [memory, xt, x0Hat] = await Promise.all([
        state.readMemory?.() ?? null,
        state.readXt(),
        needsX0Hat ? readX0Hat() : null,
      ]);
      return { transition: done, xt, x0Hat, memory };
    },
  };
}

function checkJob({ plan, diffusion, state, resume }: WalkJob): void {
  const isSameChain =
    plan.timesteps.length === diffusion.timesteps.length &&
    plan.timesteps.every((tau, k) => tau === diffusion.timesteps[k]);
  if (!isSameChain) {
    throw new RangeError('plan and diffusion differ in their timesteps: build it from the plan');
  }
  const calls = plan.transitions.filter((move) => move.kind === 'denoise').length;
  if (calls * state.callsPerStep !== plan.nfe) {
    throw new RangeError(
      `the plan counts ${plan.nfe} network calls, the state would make ${calls * state.callsPerStep}: plan with its callsPerStep`,
    );
  }
  const done = resume?.transition ?? 0;
  if (!Number.isInteger(done) || done < 0 || done > plan.transitions.length) {
    throw new RangeError(`snapshot at transition ${done} is not in 0..${plan.transitions.length}`);
  }
}
