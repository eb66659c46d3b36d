import { describe, expect, it } from 'vitest';
import { countNetworkCalls, jumpSchedule } from '../../src/core/jump-schedule.js';
import { labelsToTransitions } from '../../src/core/walk.js';

const jumps = (numInferenceSteps: number, jumpLength: number, resamplings: number) =>
  jumpSchedule({ numInferenceSteps, jumpLength, resamplings });

/** sum((i + 1) * (t_i + 2)) mod 1e9 + 7 over the list, to name a list of thousands of labels. */
function checksum(labels: readonly number[]): number {
  const modulus = 1_000_000_007n;
  return Number(labels.reduce((sum, t, i) => (sum + BigInt((i + 1) * (t + 2))) % modulus, 0n));
}

describe('jumpSchedule', () => {
  // Printed by the authors' get_schedule_jump.
  it.each([
    [250, 10, 10, 4571, 2410, 2160, 858842166],
    [250, 10, 1, 251, 250, 0, 2667126],
    [250, 5, 5, 2211, 1230, 980, 204815646],
    [250, 1, 4, 1745, 997, 747, 129342141],
    [100, 10, 10, 1721, 910, 810, 47867491],
    [50, 10, 10, 771, 410, 360, 4719266],
    [50, 5, 3, 231, 140, 90, 461186],
    [25, 5, 2, 66, 45, 20, 19956],
    [20, 5, 3, 81, 50, 30, 24391],
    [10, 2, 2, 27, 18, 8, 1726],
    [10, 5, 2, 21, 15, 5, 981],
  ])('walks T=%i, j=%i, r=%i as the authors do', (t, j, r, length, calls, undos, sum) => {
    const labels = jumps(t, j, r);
    const falls = labelsToTransitions(labels).filter(({ kind }) => kind === 'denoise');
    expect(labels).toHaveLength(length);
    expect(falls).toHaveLength(calls);
    expect(length - 1 - falls.length).toBe(undos);
    expect(checksum(labels)).toBe(sum);
  });

  it('counts its calls by the formula on a grid', () => {
    for (let t = 1; t <= 40; t += 3) {
      for (let j = 1; j <= 15; j += 2) {
        for (let r = 1; r <= 6; r++) {
          const falls = labelsToTransitions(jumps(t, j, r)).filter((m) => m.kind === 'denoise');
          expect(falls.length, `T=${t} j=${j} r=${r}`).toBe(countNetworkCalls(t, j, r));
        }
      }
    }
  });

  it('names the parameter that is no positive integer', () => {
    expect(() => jumps(10, 0, 1)).toThrow('jumpLength must be an integer of at least 1, got 0');
    expect(() => jumps(10.5, 2, 1)).toThrow('numInferenceSteps');
    expect(() => jumps(10, 2, NaN)).toThrow('resamplings');
  });
});
