/** The one way a network call can go wrong without an exception of its own. */

/** What is known about a bad output. */
export interface NonFiniteReport {
  /** Index of the transition in the plan. */
  readonly transition: number;
  readonly t: number;
  readonly timestep: number;
  /** How many values are NaN or infinite, of how many. */
  readonly count: number;
  readonly total: number;
  /** Range of the finite values; +Infinity..-Infinity when there are none. */
  readonly min: number;
  readonly max: number;
  readonly device: string;
}

/** Thrown at the step whose network output holds NaN or infinity. */
export class NonFiniteOutputError extends Error {
  override readonly name = 'NonFiniteOutputError';

  constructor(readonly report: NonFiniteReport) {
    const { transition, t, timestep, count, total, min, max, device } = report;
    const range = min <= max ? `the others lie in ${min}..${max}` : 'none is finite';
    super(
      `network output must be finite; at transition ${transition} (t ${t}, timestep ${timestep}) ` +
        `${count} of ${total} values are not, ${range}, on ${device}. ` +
        'Try another backend or a float32 model.',
    );
  }
}

function hasOnlyFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    // Infinity less itself is NaN, too.
    if (values[i] - values[i] !== 0) return false;
  }
  return true;
}

/** Throws: NonFiniteOutputError when a value is NaN or infinite. */
export function checkFinite(
  values: Float32Array,
  where: Pick<NonFiniteReport, 'transition' | 't' | 'timestep' | 'device'>,
): void {
  if (hasOnlyFinite(values)) return;
  let [count, min, max] = [0, Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) count++;
    else {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  throw new NonFiniteOutputError({ ...where, count, total: values.length, min, max });
}
