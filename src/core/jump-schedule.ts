/** RePaint's resampling walk over diffusion time (section 4.2), as a list of labels. */

/** Parameters of the walk; in brackets their names in the authors' configuration. */
export interface JumpParameters {
  /** Labels of the chain, T after respacing (t_T). */
  readonly numInferenceSteps: number;
  /** j (jump_length). */
  readonly jumpLength: number;
  /** r (jump_n_sample). */
  readonly resamplings: number;
  /** Repeats every single step this often (n_sample), 1 by default. */
  readonly samplesPerStep?: number;
  /** A second and third, shorter jump inside each jump (jump2_*, jump3_*), 1 by default. */
  readonly jump2Length?: number;
  readonly jump2Resamplings?: number;
  readonly jump3Length?: number;
  readonly jump3Resamplings?: number;
  /** No jump reaches above this label (start_resampling); none by default. */
  readonly startResampling?: number;
}

/** A jump of one nesting depth: how often each of its points may still be climbed. */
class JumpLevel {
  readonly length: number;
  private readonly _remaining: Int32Array;

  constructor(
    private readonly _total: number,
    length: number,
    private readonly _resamplings: number,
  ) {
    this.length = length;
    this._remaining = new Int32Array(_total);
    this.reset();
  }

  reset(): void {
    for (let t = 0; t < this._total - this.length; t += this.length) {
      this._remaining[t] = this._resamplings - 1;
    }
  }

  /** Uses up one climb from label t, if one is left. */
  take(t: number): boolean {
    if (!(this._remaining[t] > 0)) return false;
    this._remaining[t]--;
    return true;
  }
}

function checkParameters(parameters: JumpParameters): void {
  for (const [name, value] of Object.entries(parameters)) {
    const isUnbounded = name === 'startResampling';
    if (value === undefined || (isUnbounded && typeof value === 'number')) continue;
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name} must be an integer of at least 1, got ${String(value)}`);
    }
  }
}

/**
 * Returns the labels the walk visits, from numInferenceSteps - 1 down to -1 (the clean image).
 * Neighbours differ by one: a fall is a network call, a rise is one forward step.
 * Throws: RangeError when a parameter is not a positive integer.
 * Source: RePaint section 4.2 and `get_schedule_jump`; basic case: after each multiple of j below
 * T - j is reached, climb j labels, r - 1 times.
 */
export function jumpSchedule(parameters: JumpParameters): number[] {
  checkParameters(parameters);
  const total = parameters.numInferenceSteps;
  const top = parameters.startResampling ?? Infinity;
  const samplesPerStep = parameters.samplesPerStep ?? 1;
  const outer = new JumpLevel(total, parameters.jumpLength, parameters.resamplings);
  const middle = new JumpLevel(
    total,
    parameters.jump2Length ?? 1,
    parameters.jump2Resamplings ?? 1,
  );
  const inner = new JumpLevel(total, parameters.jump3Length ?? 1, parameters.jump3Resamplings ?? 1);
  const labels: number[] = [];
  let t = total;
  const climb = (level: JumpLevel): boolean => {
    if (t > top - level.length || !level.take(t)) return false;
    for (let i = 0; i < level.length; i++) labels.push(++t);
    return true;
  };
  while (t >= 1) {
    labels.push(--t);
    if (t + 1 < total - 1 && t <= top) {
      for (let i = 1; i < samplesPerStep; i++) labels.push(t + 1, t);
    }
    climb(inner);
    if (climb(middle)) inner.reset();
    if (climb(outer)) {
      middle.reset();
      inner.reset();
    }
  }
  labels.push(-1);
  return labels;
}

/**
 * Returns the network calls of the basic walk without building it: T + (r - 1) j (ceil(T/j) - 1).
 */
export function countNetworkCalls(
  numInferenceSteps: number,
  jumpLength: number,
  resamplings: number,
): number {
  const jumpPoints = Math.max(0, Math.ceil(numInferenceSteps / jumpLength) - 1);
  return numInferenceSteps + (resamplings - 1) * jumpLength * jumpPoints;
}
