/** Noise schedules of the base chain, as numbers in float64. */

export const betaSchedules = ['linear', 'scaled_linear', 'squaredcos_cap_v2', 'sigmoid'] as const;
export type BetaSchedule = (typeof betaSchedules)[number];

/**
 * Returns `count` evenly spaced numbers from `start` to `end`, both included.
 * Source: numpy.linspace (start + i * step, the last set to `end`).
 */
export function linspace(start: number, end: number, count: number): Float64Array {
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  const values = Float64Array.from({ length: count }, (_, i) => start + i * step);
  if (count > 1) values[count - 1] = end;
  return values;
}

/** alpha-bar of the cosine schedule at u in [0, 1]. Source: Improved DDPM, eq. 17. */
function cosineAlphaBar(u: number): number {
  return Math.cos((((u + 0.008) / 1.008) * Math.PI) / 2) ** 2;
}

function cosineBetas(count: number, maxBeta = 0.999): Float64Array {
  return Float64Array.from({ length: count }, (_, i) =>
    Math.min(1 - cosineAlphaBar((i + 1) / count) / cosineAlphaBar(i / count), maxBeta),
  );
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/**
 * Returns beta_t of the base chain.
 * Shapes: [numTrainTimesteps]. `squaredcos_cap_v2` (the OpenAI code's "cosine") ignores the range.
 * Throws: RangeError for a name that is not in `betaSchedules`.
 * Source: DDPM section 4 (linear), Improved DDPM section 3.2 (cosine), diffusers (the others).
 */
export function baseBetas(
  schedule: BetaSchedule,
  betaStart: number,
  betaEnd: number,
  numTrainTimesteps: number,
): Float64Array {
  switch (schedule) {
    case 'linear':
      return linspace(betaStart, betaEnd, numTrainTimesteps);
    case 'scaled_linear':
      return linspace(Math.sqrt(betaStart), Math.sqrt(betaEnd), numTrainTimesteps).map(
        (b) => b * b,
      );
    case 'squaredcos_cap_v2':
      return cosineBetas(numTrainTimesteps);
    case 'sigmoid':
      return linspace(-6, 6, numTrainTimesteps).map(
        (x) => sigmoid(x) * (betaEnd - betaStart) + betaStart,
      );
    default:
      schedule satisfies never;
      throw new RangeError(
        `beta schedule must be one of ${betaSchedules.join(', ')}, got "${String(schedule)}"`,
      );
  }
}

/** Returns alpha-bar_t, the product of 1 - beta up to and including t, in order. */
export function cumulativeAlphas(
  betas: Float64Array,
  round: (x: number) => number = (x) => x,
): Float64Array {
  let product = 1;
  return betas.map((beta) => round((product *= round(1 - beta))));
}

/**
 * Shifts and scales sqrt(alpha-bar) so that the noisiest label carries no signal at all.
 * Source: Lin et al. 2023, algorithm 1.
 */
export function rescaleZeroTerminalSnr(betas: Float64Array): Float64Array {
  const root = cumulativeAlphas(betas).map(Math.sqrt);
  const first = root[0];
  const last = root[root.length - 1];
  const rescaled = root.map((r) => (((r - last) * first) / (first - last)) ** 2);
  return rescaled.map((a, i) => 1 - a / (i === 0 ? 1 : rescaled[i - 1]));
}
