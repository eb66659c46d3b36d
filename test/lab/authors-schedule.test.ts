import { describe, expect, it } from 'vitest';
import { jumpSchedule } from '../../src/core/jump-schedule.js';
import { labelsToTransitions } from '../../src/core/walk.js';
import { authorsSchedule } from '../../src/lab/authors-schedule.js';

/** sum((i + 1) * (t_i + 2)) over the list, to name a list of thousands of labels. */
const checksum = (labels: readonly number[]) =>
  labels.reduce((sum, t, i) => sum + (i + 1) * (t + 2), 0);

describe('authorsSchedule', () => {
  it('starts resampling late when told to', () => {
    const late = (t: number, startResampling: number, j: number, r: number) =>
      authorsSchedule({ numInferenceSteps: t, jumpLength: j, resamplings: r, startResampling });
    expect(checksum(late(100, 50, 5, 9))).toBe(8008451);
    const paper = labelsToTransitions(late(250, 100, 10, 10));
    expect(paper.filter(({ kind }) => kind === 'denoise')).toHaveLength(1150);
    expect(paper.filter(({ kind }) => kind === 'renoise')).toHaveLength(900);
  });

  it('repeats single steps with n_sample, the first two excepted', () => {
    const labels = authorsSchedule({
      numInferenceSteps: 10,
      jumpLength: 1,
      resamplings: 1,
      samplesPerStep: 2,
    });
    const expected = [9, 8, 7, 8, 7, 6, 7, 6, 5, 6, 5, 4, 5, 4, 3, 4, 3, 2, 3, 2, 1, 2, 1, 0, 1, 0];
    expect(labels).toEqual([...expected, -1]);
  });

  it('nests a second jump in the first', () => {
    const nested = authorsSchedule({
      numInferenceSteps: 6,
      jumpLength: 2,
      resamplings: 2,
      jump2Length: 1,
      jump2Resamplings: 2,
    });
    expect(nested.join(' ')).toBe(
      '5 4 5 4 3 4 3 2 3 2 3 4 3 4 3 2 3 2 1 2 1 0 1 0 1 2 1 2 1 0 1 0 -1',
    );
  });

  it('is the walk of the product where what it has beside (T, j, r) says nothing', () => {
    for (const [t, j, r] of [
      [1, 1, 3],
      [7, 2, 3],
      [10, 5, 2],
      [25, 1, 4],
      [40, 9, 6],
      [12, 20, 3],
    ]) {
      const parameters = { numInferenceSteps: t, jumpLength: j, resamplings: r };
      const written = authorsSchedule({ ...parameters, samplesPerStep: 1 });
      expect(written, `T=${t} j=${j} r=${r}`).toEqual(jumpSchedule(parameters));
    }
  });

  it('names the parameter that is no positive integer', () => {
    const plain = { numInferenceSteps: 10, jumpLength: 2, resamplings: 2 };
    expect(() => authorsSchedule({ ...plain, jump2Length: 0 })).toThrow(
      'jump2Length must be an integer of at least 1, got 0',
    );
  });
});
