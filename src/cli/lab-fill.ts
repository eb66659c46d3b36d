/** Our own fill as a method of the lab: the options, plan and walk of `repaint-fill fill`. */
import { Command, CommanderError } from 'commander';
import { planFill } from '../fill/plan.js';
import { contextRequest } from '../fill/request.js';
import { runFill } from '../fill/run.js';
import type { FillRuntime } from '../fill/runtime.js';
import { flatten } from '../image/composite.js';
import { coverageBounds } from '../image/coverage.js';
import { cropCoverage } from '../image/planar.js';
import type { Made, Maker, Task } from '../lab/evaluation/methods.js';
import type { FillSettings } from '../protocol/fill.js';
import { UsageError } from './cli-error.js';
import {
  openMethod,
  settingsFrom,
  withMethodOptions,
  type MethodOptions,
} from './method-options.js';

function parseOptions(args: readonly string[]): MethodOptions {
  const command = withMethodOptions(new Command('method'))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .allowExcessArguments(false);
  try {
    return command.parse(args, { from: 'user' }).opts<MethodOptions>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new UsageError(`"${args.join(' ')}" are no options of fill: ${error.message}.`);
  }
}

/** The hole as it is: nothing around it is made anew, nothing of the photo shines through its edge. */
const exactly = { growPx: 0, featherPx: 0 } as const;

async function fillOnce(task: Task, runtime: FillRuntime, settings: FillSettings): Promise<Made> {
  const { photo, hole, seed } = task;
  const maskBounds = coverageBounds(hole)!;
  const selection = cropCoverage(hole, maskBounds);
  const { card } = runtime;
  const plan = planFill({ imageSize: photo, maskBounds, selection, card, settings });
  const request = contextRequest({
    jobId: 'lab',
    plan,
    settings,
    picture: photo,
    selection: hole,
    seeds: [seed],
  });
  for await (const event of runFill(request, runtime)) {
    if (event.kind === 'filled')
      return { picture: flatten(photo, event.layer, plan.maskBounds), nfe: plan.nfe };
  }
  throw new Error('the fill ended without a picture');
}

/** Opens a method. Throws: UsageError or RepaintError with one sentence when it cannot be. */
export async function openFillMaker(args: readonly string[], threads?: number): Promise<Maker> {
  const options = { threads, ...parseOptions(args) };
  const method = await openMethod(options);
  const { runtime } = method;
  const settings = { ...settingsFrom(options, runtime.card), ...exactly };
  return {
    make: (task) => fillOnce(task, runtime, settings),
    release: () => method.release(),
  };
}
