import { describe, expect, it } from 'vitest';
import { PhiloxNoise } from '../../src/core/noise.js';
import { labelsToTransitions, planWalk, samplerNames } from '../../src/core/walk.js';
import { finish, linearConfig, makeJob, settings, wavyNetwork } from './chains.js';

const chain = { numTrainTimesteps: 1000 };
const moves = (plan: ReturnType<typeof planWalk>) =>
  plan.transitions.map(({ kind, t }) => `${kind[0]}${kind[2]}${t}`).join(' ');

describe('planWalk', () => {
  it('counts the paper setting: 2,410 calls and 2,160 undo steps', () => {
    expect(planWalk(settings(250, 10, 10), chain)).toMatchObject({
      nfe: 2410,
      undoSteps: 2160,
      startLabel: 249,
      startsFromNoise: true,
    });
  });

  it('replaces in one pass without resampling', () => {
    const plan = planWalk(settings(5, 2, 4, { sampler: 'replace' }), chain);
    expect(moves(plan)).toBe('dn4 dn3 dn2 dn1 dn0');
    expect(plan.undoSteps).toBe(0);
  });

  // Table 2 of the paper: resampling T = 250 with r = 2, 3, 4 costs what 500, 750, 1000 steps do.
  it.each([
    [1, 250],
    [2, 499],
    [3, 748],
    [4, 997],
  ])('slows down to the calls that r=%i at j=1 costs', (r, nfe) => {
    const plan = planWalk(settings(250, 1, r, { sampler: 'slowdown' }), chain);
    expect(plan.nfe).toBe(nfe);
    expect(plan.timesteps).toHaveLength(nfe);
    expect(plan.undoSteps).toBe(0);
  });

  it('slows down no further than the base chain', () => {
    expect(planWalk(settings(250, 10, 10, { sampler: 'slowdown' }), chain).nfe).toBe(1000);
  });

  it('restarts from the middle as often as the budget pays for, or as often as told', () => {
    const sdedit = settings(250, 10, 10, { sampler: 'sdedit' });
    expect(planWalk(sdedit, chain).nfe).toBe(125 + 18 * 125);
    expect(planWalk(sdedit, chain, { restarts: 3 }).nfe).toBe(125 + 3 * 125);
    const small = settings(5, 1, 1, { sampler: 'sdedit' });
    expect(moves(planWalk(small, chain, { restarts: 2 }))).toBe(
      'dn4 dn3 dn2 rs1 dn1 dn0 rs1 dn1 dn0',
    );
  });

  it('walks only the labels at or below a start timestep', () => {
    const plan = planWalk(settings(50, 5, 2), chain, { startTimestep: 450 });
    const labels = plan.timesteps.filter((tau) => tau <= 450).length;
    expect(plan.startLabel).toBe(labels - 1);
    expect(plan.startsFromNoise).toBe(false);
    expect(plan.transitions[0]).toEqual({ kind: 'denoise', t: labels - 1 });
    expect(plan.timesteps).toHaveLength(50);
    expect(planWalk(settings(50, 5, 2), chain, { startTimestep: 0 }).startLabel).toBe(0);
  });

  it('knows the calls of every sampler before it runs', async () => {
    const guided = { classLabels: Int32Array.of(1), nullClassLabel: 0, scale: 3 };
    for (const sampler of samplerNames) {
      for (const [startTimestep, callsPerStep] of [
        [null, 1],
        [400, 2],
      ] as const) {
        const network = wavyNetwork();
        const guidance = callsPerStep === 2 ? guided : undefined;
        const state = {
          shape: [1, 1, 1, 1],
          network,
          noise: new PhiloxNoise([1]),
          guidance,
        } as const;
        const walk = settings(9, 2, 3, { sampler, eta: startTimestep === null ? null : 0.5 });
        const job = makeJob(walk, state, { startTimestep, callsPerStep });
        const startImage = Float32Array.of(0.5);
        const seen: number[] = [];
        await finish({ ...job, startImage }, ({ nfe, nfeTotal }) => {
          seen.push(nfe);
          expect(nfeTotal).toBe(job.plan.nfe);
        });
        expect(network.calls, sampler).toHaveLength(job.plan.nfe);
        expect(seen.at(-1)).toBe(job.plan.nfe);
      }
    }
  });

  it('refuses settings out of range, by name', () => {
    expect(() => planWalk(settings(0, 1, 1), chain)).toThrow('numInferenceSteps');
    expect(() => planWalk(settings(1001, 1, 1), linearConfig)).toThrow('1..1000, got 1001');
    expect(() => planWalk(settings(10, 1.5, 1), chain)).toThrow('jumpLength');
    expect(() => planWalk(settings(10, 1, 1, { eta: 2 }), chain)).toThrow('eta');
    const sampler = 'magic' as 'repaint';
    expect(() => planWalk(settings(10, 1, 1, { sampler }), chain)).toThrow('got "magic"');
    expect(() => labelsToTransitions([3, 1])).toThrow('got 3 then 1');
  });
});
