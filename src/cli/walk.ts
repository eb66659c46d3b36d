/** `repaint-fill walk`: what a walk does and costs, without running it. */
import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { planWalk, samplerNames, type SamplerName, type WalkPlan } from '../core/walk.js';
import { UsageError } from './cli-error.js';
import { describePlan, walksSvg } from './walk-svg.js';

interface WalkCommandOptions {
  readonly steps: number;
  readonly jumpLength: number;
  readonly jumpSamples: number;
  readonly samplesPerStep?: number;
  readonly jump2Length?: number;
  readonly jump2Samples?: number;
  readonly jump3Length?: number;
  readonly jump3Samples?: number;
  readonly startResampling?: number;
  readonly sampler: SamplerName;
  readonly restarts?: number;
  readonly trainSteps?: number;
  readonly startTimestep?: number;
  readonly guided: boolean;
  readonly svg?: string;
  readonly json: boolean;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError('expected an integer of at least 1.');
  }
  return value;
}

function step(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError('expected an integer of at least 0.');
  }
  return value;
}

function planFrom(options: WalkCommandOptions): WalkPlan {
  const settings = {
    sampler: options.sampler,
    numInferenceSteps: options.steps,
    jumpLength: options.jumpLength,
    resamplings: options.jumpSamples,
    eta: null,
  };
  return planWalk(
    settings,
    { numTrainTimesteps: options.trainSteps ?? Math.max(1000, options.steps) },
    {
      startTimestep: options.startTimestep ?? null,
      callsPerStep: options.guided ? 2 : 1,
      restarts: options.restarts,
      jumps: {
        samplesPerStep: options.samplesPerStep,
        jump2Length: options.jump2Length,
        jump2Resamplings: options.jump2Samples,
        jump3Length: options.jump3Length,
        jump3Resamplings: options.jump3Samples,
        startResampling: options.startResampling,
      },
    },
  );
}

/** The labels visited, first to last; -1 is the clean image. */
export function visitedLabels(plan: WalkPlan): number[] {
  const after = plan.transitions.map(({ kind, t }) => (kind === 'denoise' ? t - 1 : t));
  return [plan.startLabel, ...after];
}

/** Runs of falling and rising labels: "249-230, 231-240, ...". */
function describeLabels(labels: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0, start = 0; i < labels.length; i++) {
    const turns = i + 1 < labels.length && i > start;
    const isTurn = turns && labels[i + 1] - labels[i] !== labels[i] - labels[i - 1];
    if (!isTurn && i + 1 < labels.length) continue;
    parts.push(start === i ? `${labels[i]}` : `${labels[start]}..${labels[i]}`);
    start = i + 1;
  }
  return parts.join(', ');
}

function print(plan: WalkPlan, labels: readonly number[]): void {
  const { settings, timesteps, transitions, nfe, undoSteps } = plan;
  const restarts = transitions.filter(({ kind }) => kind === 'restart').length;
  console.log(`sampler        ${settings.sampler}`);
  console.log(`chain          ${timesteps.length} steps`);
  console.log(`transitions    ${transitions.length}`);
  console.log(`network calls  ${nfe}`);
  console.log(`undo steps     ${undoSteps}`);
  if (restarts > 0) console.log(`restarts       ${restarts}`);
  console.log(`t              ${describeLabels(labels)}`);
}

async function walk(options: WalkCommandOptions): Promise<void> {
  let plan: WalkPlan;
  try {
    plan = planFrom(options);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
  const labels = visitedLabels(plan);
  if (options.svg !== undefined)
    await writeFile(options.svg, walksSvg([{ title: describePlan(plan), plan }]));
  if (!options.json) return print(plan, labels);
  const { sampler } = plan.settings;
  console.log(
    JSON.stringify({
      sampler,
      steps: plan.timesteps.length,
      networkCalls: plan.nfe,
      undoSteps: plan.undoSteps,
      transitionCount: plan.transitions.length,
      times: labels,
      timesteps: plan.timesteps,
      transitions: plan.transitions,
    }),
  );
}

/** The `walk` subcommand. */
export function walkCommand(): Command {
  return new Command('walk')
    .description('print the transitions, network calls and undo steps of a walk without running it')
    .requiredOption('--steps <T>', 'steps of the respaced chain', count)
    .option('--jump-length <j>', 'length of a jump back', count, 1)
    .option('--jump-samples <r>', 'how often each stretch is walked', count, 1)
    .option('--samples-per-step <n>', 'repeats every single step (n_sample)', count)
    .option('--jump2-length <n>', 'second, inner jump', count)
    .option('--jump2-samples <n>', 'how often it is walked', count)
    .option('--jump3-length <n>', 'third, innermost jump', count)
    .option('--jump3-samples <n>', 'how often it is walked', count)
    .option('--start-resampling <t>', 'no jump reaches above this label', step)
    .addOption(new Option('--sampler <name>', 'the walk').choices(samplerNames).default('repaint'))
    .option('--restarts <n>', 'passes of the sdedit sampler', count)
    .option('--train-steps <n>', 'steps of the base chain (1000, or as many as --steps)', count)
    .option('--start-timestep <n>', 'start from an image re-noised to this base step', step)
    .option('--guided', 'count the second call of classifier-free guidance', false)
    .option('--svg <file>', 'draw t over the transitions')
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(walk);
}
