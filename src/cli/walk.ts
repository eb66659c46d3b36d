/** `repaint-fill walk`: what a walk does and costs, without running it. */
import { Command, Option } from 'commander';
import { planWalk, samplerNames, type SamplerName, type WalkPlan } from '../core/walk.js';
import { authorsSchedule } from '../lab/authors-schedule.js';
import { writeWhole } from '../lab/evaluation/store.js';
import { presetNames, presets } from '../protocol/presets.js';
import { rangeChecked, UsageError } from './cli-error.js';
import { integer } from './numbers.js';
import { describePlan, turningPoints, visitedLabels, walksSvg } from './walk-svg.js';

interface WalkCommandOptions {
  readonly steps?: number;
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
  readonly presets: boolean;
  readonly svg?: string;
  readonly json: boolean;
}

const count = integer(1);
const step = integer(0);

function planFrom(options: WalkCommandOptions, steps: number): WalkPlan {
  const settings = {
    sampler: options.sampler,
    numInferenceSteps: steps,
    jumpLength: options.jumpLength,
    resamplings: options.jumpSamples,
    eta: null,
  };
  return planWalk(
    settings,
    { numTrainTimesteps: options.trainSteps ?? Math.max(1000, steps) },
    {
      startTimestep: options.startTimestep ?? null,
      callsPerStep: options.guided ? 2 : 1,
      restarts: options.restarts,
      schedule: (parameters) =>
        authorsSchedule({
          ...parameters,
          samplesPerStep: options.samplesPerStep,
          jump2Length: options.jump2Length,
          jump2Resamplings: options.jump2Samples,
          jump3Length: options.jump3Length,
          jump3Resamplings: options.jump3Samples,
          startResampling: options.startResampling,
        }),
    },
  );
}

/** Runs of falling and rising labels: "249..230, 231..240, ...". */
function describeLabels(labels: readonly number[]): string {
  const ends = turningPoints(labels).slice(1);
  return ends
    .map((end, k) => {
      const start = k === 0 ? 0 : ends[k - 1] + 1;
      return start === end ? `${labels[end]}` : `${labels[start]}..${labels[end]}`;
    })
    .join(', ');
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

/** The first level of every preset, drawn on common axes. */
async function drawPresets(file: string | undefined): Promise<void> {
  if (file === undefined) throw new UsageError('--presets draws: give --svg <file> with it.');
  const panels = presetNames.map((name) => {
    const plan = planWalk(presets[name].coarse, { numTrainTimesteps: 1000 });
    return { title: `${name}: ${describePlan(plan)}`, plan };
  });
  await writeWhole(file, walksSvg(panels));
}

function checkedPlan(options: WalkCommandOptions): WalkPlan {
  const { steps } = options;
  if (steps === undefined) throw new UsageError('--steps <T> is missing.');
  return rangeChecked(() => planFrom(options, steps));
}

async function walk(options: WalkCommandOptions): Promise<void> {
  if (options.presets) return drawPresets(options.svg);
  const plan = checkedPlan(options);
  const labels = visitedLabels(plan);
  if (options.svg !== undefined) {
    await writeWhole(options.svg, walksSvg([{ title: describePlan(plan), plan }]));
  }
  if (options.json) console.log(JSON.stringify(walkJson(plan, labels)));
  else print(plan, labels);
}

function walkJson(plan: WalkPlan, labels: readonly number[]) {
  return {
    sampler: plan.settings.sampler,
    steps: plan.timesteps.length,
    networkCalls: plan.nfe,
    undoSteps: plan.undoSteps,
    transitionCount: plan.transitions.length,
    times: labels,
    timesteps: plan.timesteps,
    transitions: plan.transitions,
  };
}

/** The `walk` subcommand. */
export function walkCommand(): Command {
  return new Command('walk')
    .description('print the transitions, network calls and undo steps of a walk without running it')
    .option('--steps <T>', 'steps of the respaced chain', count)
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
    .option('--presets', 'draw the first level of every preset instead', false)
    .option('--json', 'one JSON object on stdout instead of words', false)
    .action(walk);
}
