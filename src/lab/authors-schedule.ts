/**
 * The whole schedule of the authors' released code: nested jumps, repeated steps, a late start. The
 * paper and the product walk with (T, j, r) alone (`core/jump-schedule.ts`).
 */
import { checkPositive, jumpSchedule, type JumpParameters } from '../core/jump-schedule.js';

/** (T, j, r) and what the authors' configuration has beside them, by its names in brackets. */
export interface AuthorsParameters extends JumpParameters {
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

/**
 * Returns the labels the walk visits, as `jumpSchedule` does and by it where only (T, j, r) is said.
 * Throws: RangeError when a parameter is not a positive integer.
 * Source: `get_schedule_jump`.
 */
export function authorsSchedule(parameters: AuthorsParameters): number[] {
  const { startResampling: top = Infinity, ...counts } = parameters;
  const said = Object.entries(counts).filter(([, value]) => value !== undefined);
  checkPositive(Object.fromEntries(said));
  if (said.length === 3 && top === Infinity) return jumpSchedule(parameters);
  const total = parameters.numInferenceSteps;
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
