/** Which base steps a shorter chain keeps: OpenAI's respacing strings and diffusers' spacings. */

export const timestepSpacings = [
  'respaced',
  'leading',
  'trailing',
  'linspace',
  'quadratic',
] as const;
/**
 * `respaced` is the RePaint and OpenAI rule, `quadratic` that of DDIM (appendix D.2), dense where
 * there is little noise; the others are names of diffusers.
 */
export type TimestepSpacing = (typeof timestepSpacings)[number];

/** Rounds half to even, as Python and numpy do; Math.round would move 166 to 167 at N = 25. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function ddimTimesteps(numTrainTimesteps: number, count: number): number[] {
  for (let stride = 1; stride < numTrainTimesteps; stride++) {
    if (Math.ceil(numTrainTimesteps / stride) === count) {
      return Array.from({ length: count }, (_, i) => i * stride);
    }
  }
  throw new RangeError(
    `no integer stride gives ddim${count} of ${numTrainTimesteps} steps; ask for another count`,
  );
}

function sectionTimesteps(start: number, size: number, count: number): number[] {
  if (size < count) {
    throw new RangeError(`a section of ${size} base steps cannot give ${count}; ask for fewer`);
  }
  const stride = count <= 1 ? 1 : (size - 1) / (count - 1);
  const steps: number[] = [];
  // The cursor is accumulated, not multiplied: i * stride rounds differently at many counts.
  for (let i = 0, cursor = 0; i < count; i++, cursor += stride) {
    steps.push(start + roundHalfEven(cursor));
  }
  return steps;
}

/**
 * Returns the base steps kept by a respacing string, ascending.
 * "" keeps all; "250" or "10,15,20" spread each count over an equal section; "ddim50" strides.
 * Throws: RangeError when a section is too short, no stride fits or the string is not numbers.
 * Source: guided-diffusion `space_timesteps`.
 */
export function respaceTimesteps(numTrainTimesteps: number, respacing: string): number[] {
  const text = respacing.trim();
  const ddim = /^ddim(\d+)$/.exec(text);
  if (ddim) return ddimTimesteps(numTrainTimesteps, Number(ddim[1]));
  if (text !== '' && !/^\d+(\s*,\s*\d+)*$/.test(text)) {
    throw new RangeError(`respacing must be "", "250", "10,15,20" or "ddim50", got "${respacing}"`);
  }
  const counts = text === '' ? [numTrainTimesteps] : text.split(',').map(Number);
  const size = Math.floor(numTrainTimesteps / counts.length);
  const extra = numTrainTimesteps % counts.length;
  let start = 0;
  const kept = counts.flatMap((count, i) => {
    const sectionSize = size + (i < extra ? 1 : 0);
    const steps = sectionTimesteps(start, sectionSize, count);
    start += sectionSize;
    return steps;
  });
  return [...new Set(kept)].sort((a, b) => a - b);
}

function trailingTimesteps(numTrainTimesteps: number, count: number): number[] {
  // numpy.arange takes the difference of its first two floats as its step; halves depend on it.
  const step = numTrainTimesteps - numTrainTimesteps / count - numTrainTimesteps;
  return Array.from({ length: count }, (_, i) => roundHalfEven(numTrainTimesteps + i * step) - 1);
}

/** tau_i = (i / (count - 1))^2 of the last step; steps that would fall together move apart. */
function quadraticTimesteps(numTrainTimesteps: number, count: number): number[] {
  const last = numTrainTimesteps - 1;
  let least = 0;
  return Array.from({ length: count }, (_, i) => {
    const tau = count > 1 ? Math.round(last * (i / (count - 1)) ** 2) : 0;
    const step = Math.min(Math.max(tau, least), last - (count - 1 - i));
    least = step + 1;
    return step;
  });
}

/**
 * Returns the base steps of a chain of `count` labels, ascending.
 * Throws: RangeError when count is not an integer in 1..numTrainTimesteps or a step leaves the chain.
 * Source: diffusers DDPMScheduler.set_timesteps (leading, trailing, linspace).
 */
export function spacedTimesteps(
  spacing: TimestepSpacing,
  numTrainTimesteps: number,
  count: number,
  stepsOffset = 0,
): number[] {
  if (!Number.isInteger(count) || count < 1 || count > numTrainTimesteps) {
    throw new RangeError(`steps must be an integer in 1..${numTrainTimesteps}, got ${count}`);
  }
  const steps = ascendingSteps(spacing, numTrainTimesteps, count, stepsOffset);
  const last = steps[steps.length - 1];
  if (last >= numTrainTimesteps) {
    throw new RangeError(
      `step ${last} lies beyond the chain of ${numTrainTimesteps}: lower steps_offset (${stepsOffset})`,
    );
  }
  return steps;
}

function ascendingSteps(
  spacing: TimestepSpacing,
  numTrainTimesteps: number,
  count: number,
  stepsOffset: number,
): number[] {
  switch (spacing) {
    case 'respaced':
      return respaceTimesteps(numTrainTimesteps, String(count));
    case 'leading': {
      const stride = Math.floor(numTrainTimesteps / count);
      return Array.from({ length: count }, (_, i) => i * stride + stepsOffset);
    }
    case 'trailing':
      return trailingTimesteps(numTrainTimesteps, count).reverse();
    case 'quadratic':
      return quadraticTimesteps(numTrainTimesteps, count);
    case 'linspace': {
      const stride = count > 1 ? (numTrainTimesteps - 1) / (count - 1) : 0;
      return Array.from({ length: count }, (_, i) =>
        i === count - 1 && i > 0 ? numTrainTimesteps - 1 : roundHalfEven(i * stride),
      );
    }
    default:
      spacing satisfies never;
      throw new RangeError(
        `timestep spacing must be one of ${timestepSpacings.join(', ')}, got "${String(spacing)}"`,
      );
  }
}
