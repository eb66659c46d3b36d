/** Family `schedule`: jump lists of the released RePaint code. */
import { z } from 'zod';
import { labelsToTransitions } from '../../core/walk.js';
import { authorsSchedule, type AuthorsParameters } from '../authors-schedule.js';
import { casesOfFile, fileStems, parseAs } from './case-files.js';
import type { CaseReport, ParityCase, ParityFamily } from './family.js';

/** Parameters of `get_schedule_jump` in its own names; another key is refused by name. */
export const jumpParametersSchema = z.strictObject({
  t_T: z.number(),
  n_sample: z.number().optional(),
  jump_length: z.number(),
  jump_n_sample: z.number(),
  jump2_length: z.number().optional(),
  jump2_n_sample: z.number().optional(),
  jump3_length: z.number().optional(),
  jump3_n_sample: z.number().optional(),
  start_resampling: z.number().optional(),
});

/** Translates the authors' names into ours. */
export function jumpParameters(params: z.infer<typeof jumpParametersSchema>): AuthorsParameters {
  return {
    numInferenceSteps: params.t_T,
    samplesPerStep: params.n_sample,
    jumpLength: params.jump_length,
    resamplings: params.jump_n_sample,
    jump2Length: params.jump2_length,
    jump2Resamplings: params.jump2_n_sample,
    jump3Length: params.jump3_length,
    jump3Resamplings: params.jump3_n_sample,
    startResampling: params.start_resampling,
  };
}

const fileSchema = z.object({ schedules: z.array(z.unknown()) });
const scheduleSchema = z.object({
  params: jumpParametersSchema,
  times: z.array(z.number()),
  length: z.number(),
  network_calls: z.number(),
  undo_steps: z.number(),
});

function checkSchedule(report: CaseReport, json: unknown): void {
  const expected = parseAs(scheduleSchema, json, 'schedule');
  const times = authorsSchedule(jumpParameters(expected.params));
  const transitions = labelsToTransitions(times);
  const calls = transitions.filter(({ kind }) => kind === 'denoise').length;
  report.exact('times', times, expected.times);
  report.exact('length', [times.length], [expected.length]);
  report.exact('network_calls', [calls], [expected.network_calls]);
  report.exact('undo_steps', [transitions.length - calls], [expected.undo_steps]);
}

function caseName(stem: string, json: unknown, index: number): string {
  const params = z.object({ params: z.record(z.string(), z.unknown()) }).safeParse(json);
  if (!params.success) return `${stem}/${index}`;
  const text = Object.entries(params.data.params).map(([key, value]) => `${key}=${String(value)}`);
  return `${stem}/${text.join(',')}`;
}

export const scheduleFamily: ParityFamily = {
  name: 'schedule',
  async cases(folder) {
    const stems = await fileStems(folder, '.json');
    const cases = stems.map((stem) =>
      casesOfFile(folder, stem, (json) =>
        parseAs(fileSchema, json, stem).schedules.map((schedule, i): ParityCase => ({
          name: caseName(stem, schedule, i),
          check: async (report) => checkSchedule(report, schedule),
        })),
      ),
    );
    return (await Promise.all(cases)).flat();
  },
};
