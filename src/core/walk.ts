/** The samplers by name: which transitions a walk makes, known before it starts. */
import { chainTimesteps, type ChainConfig } from './diffusion.js';
import { countNetworkCalls, jumpSchedule, type JumpParameters } from './jump-schedule.js';

export const samplerNames = ['repaint', 'replace', 'slowdown', 'sdedit'] as const;
export type SamplerName = (typeof samplerNames)[number];

/** How one level walks. */
export interface WalkSettings {
  readonly sampler: SamplerName;
  readonly numInferenceSteps: number;
  readonly jumpLength: number;
  readonly resamplings: number;
  /** null = ancestral DDPM step with the model's variance; 0..1 = DDIM with this eta. */
  readonly eta: number | null;
}

/**
 * One move of the walk.
 * `denoise`: network call at label t, x_t -> x_{t-1}. `renoise`: forward step x_{t-1} -> x_t.
 * `restart`: the predicted clean image, re-noised to label t in one draw.
 */
export interface Transition {
  readonly kind: 'denoise' | 'renoise' | 'restart';
  readonly t: number;
}

export interface WalkPlan {
  readonly settings: WalkSettings;
  /** tau of the chain to build, ascending (`createDiffusion(config, timesteps)`). */
  readonly timesteps: readonly number[];
  /** Label the state has before the first transition. */
  readonly startLabel: number;
  /** False: the walk starts from a given image re-noised to startLabel. */
  readonly startsFromNoise: boolean;
  readonly transitions: readonly Transition[];
  /** Network calls for one image, guidance's second call included. */
  readonly nfe: number;
  /** Forward steps of the walk. */
  readonly undoSteps: number;
}

export interface WalkOptions {
  /** Base step an enlarged image is re-noised to; null = start from pure noise. */
  readonly startTimestep?: number | null;
  /** 2 under classifier-free guidance (see `callsPerStep`), else 1. */
  readonly callsPerStep?: number;
  /** Labels of the repaint sampler, if other than (T, j, r)'s own. */
  readonly schedule?: (parameters: JumpParameters) => number[];
  /** Passes of the sdedit sampler; by default as many as the repaint walk's calls pay for. */
  readonly restarts?: number;
}

/** Turns visited labels into moves between neighbours. Throws: RangeError if two differ by > 1. */
export function labelsToTransitions(labels: readonly number[]): Transition[] {
  return labels.slice(1).map((to, i) => {
    const from = labels[i];
    if (Math.abs(to - from) !== 1) {
      throw new RangeError(`neighbouring labels must differ by 1, got ${from} then ${to}`);
    }
    return to < from ? { kind: 'denoise', t: from } : { kind: 'renoise', t: to };
  });
}

function descent(from: number, to = 0): Transition[] {
  return Array.from({ length: from - to + 1 }, (_, i) => ({ kind: 'denoise', t: from - i }));
}

/** Labels of the chain at or below a base step, at least one. */
function labelsUpTo(timesteps: readonly number[], startTimestep: number | null): number {
  if (startTimestep === null) return timesteps.length;
  return Math.max(1, timesteps.filter((tau) => tau <= startTimestep).length);
}

/** Half the chain as usual, then K passes from the middle label (RePaint, Table 4). */
function sdeditTransitions(labels: number, restarts: number): Transition[] {
  const middle = Math.floor(labels / 2) - 1;
  if (middle < 0) return descent(labels - 1);
  const pass: Transition[] = [{ kind: 'restart', t: middle }, ...descent(middle)];
  return [
    ...descent(labels - 1, middle + 1),
    ...Array.from({ length: restarts }, () => pass).flat(),
  ];
}

function affordableRestarts(labels: number, budget: number): number {
  const half = Math.floor(labels / 2);
  return half === 0 ? 0 : Math.max(1, Math.round((budget - (labels - half)) / half));
}

/**
 * Plans a walk: its chain, its moves and the exact number of network calls.
 * `repaint` resamples with (T, j, r). `replace` is eq. 8 alone: one pass of T steps. `slowdown`
 * spends the calls of (T, j, r) on one pass over a finer chain (Table 2), as fine as the base
 * chain allows. `sdedit` spends them on restarts from the middle (Table 4).
 * Throws: RangeError for a setting out of range.
 */
export function planWalk(
  settings: WalkSettings,
  chain: ChainConfig,
  options: WalkOptions = {},
): WalkPlan {
  checkSettings(settings);
  const { startTimestep = null, callsPerStep = 1 } = options;
  const { numInferenceSteps, jumpLength, resamplings } = settings;
  let timesteps = chainTimesteps(chain, numInferenceSteps);
  let labels = labelsUpTo(timesteps, startTimestep);
  const budget = countNetworkCalls(labels, jumpLength, resamplings);
  if (settings.sampler === 'slowdown') {
    const finer = Math.round((numInferenceSteps * budget) / labels);
    timesteps = chainTimesteps(chain, Math.min(finer, chain.numTrainTimesteps));
    labels = labelsUpTo(timesteps, startTimestep);
  }
  const transitions = planTransitions(settings, labels, budget, options);
  const count = (kind: Transition['kind']) => transitions.filter((m) => m.kind === kind).length;
  return {
    settings,
    timesteps,
    startLabel: labels - 1,
    startsFromNoise: startTimestep === null,
    transitions,
    nfe: count('denoise') * callsPerStep,
    undoSteps: count('renoise'),
  };
}

function planTransitions(
  settings: WalkSettings,
  labels: number,
  budget: number,
  options: WalkOptions,
): Transition[] {
  const { sampler, jumpLength, resamplings } = settings;
  switch (sampler) {
    case 'repaint': {
      const { schedule = jumpSchedule } = options;
      return labelsToTransitions(schedule({ numInferenceSteps: labels, jumpLength, resamplings }));
    }
    case 'replace':
    case 'slowdown':
      return descent(labels - 1);
    case 'sdedit':
      return sdeditTransitions(labels, options.restarts ?? affordableRestarts(labels, budget));
    default:
      sampler satisfies never;
      throw new RangeError(
        `sampler must be one of ${samplerNames.join(', ')}, got "${String(sampler)}"`,
      );
  }
}

function checkSettings(settings: WalkSettings): void {
  for (const name of ['numInferenceSteps', 'jumpLength', 'resamplings'] as const) {
    if (!Number.isInteger(settings[name]) || settings[name] < 1) {
      throw new RangeError(`${name} must be an integer of at least 1, got ${settings[name]}`);
    }
  }
  const { eta } = settings;
  if (eta !== null && !(eta >= 0 && eta <= 1)) {
    throw new RangeError(`eta must be null or lie in 0..1, got ${eta}`);
  }
}
