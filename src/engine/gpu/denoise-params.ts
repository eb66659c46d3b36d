/** A reverse step's coefficients as the kernels take them. */
import type { StepCoefficients } from '../../core/step-coefficients.js';
import type { StepParams } from './step-params.js';

const varianceKinds = { fixed: 0, learned: 1, learned_range: 2 } as const;
/** Stands for "no bound" where the shader clamps always. */
const unbounded = 3e38;

/** Throws: RangeError for a dynamic threshold, which needs a quantile: use the CPU state. */
export function denoiseParams(c: StepCoefficients): Partial<StepParams> {
  if (c.threshold) {
    throw new RangeError('the GPU state has no dynamic threshold: use the CPU state');
  }
  const { variance } = c;
  return {
    x0FromXt: c.x0FromXt,
    x0FromOutput: c.x0FromOutput,
    clip: c.clipRange ?? unbounded,
    meanFromX0: c.meanFromX0,
    meanFromXt: c.meanFromXt,
    meanFromOutput: c.meanFromOutput,
    varianceKind: varianceKinds[variance.kind],
    fixedSd: variance.kind === 'fixed' ? Math.exp(variance.logVariance / 2) : 0,
    minLog: variance.kind === 'learned_range' ? variance.minLog : 0,
    maxLog: variance.kind === 'learned_range' ? variance.maxLog : 0,
    hasNoise: c.hasNoise ? 1 : 0,
  };
}
