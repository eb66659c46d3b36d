/** RePaint's resampling walk over diffusion time (section 4.2), as a list of labels. */

/** Parameters of the walk; in brackets their names in the authors' configuration. */
export interface JumpParameters {
  /** Labels of the chain, T after respacing (t_T). */
  readonly numInferenceSteps: number;
  /** j (jump_length). */
  readonly jumpLength: number;
  /** r (jump_n_sample). */
  readonly resamplings: number;
}

/** Throws: RangeError naming the parameter that is no positive integer. */
export function checkPositive(parameters: object): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${name} must be an integer of at least 1, got ${String(value)}`);
    }
  }
}

/**
 * Returns the labels the walk visits, from numInferenceSteps - 1 down to -1 (the clean image).
 * Neighbours differ by one: a fall is a network call, a rise is one forward step.
 * Throws: RangeError when a parameter is not a positive integer.
 * Source: RePaint section 4.2: after each multiple of j below T - j is reached, climb j labels,
 * r - 1 times.
 */
export function jumpSchedule({
  numInferenceSteps,
  jumpLength,
  resamplings,
}: JumpParameters): number[] {
  checkPositive({ numInferenceSteps, jumpLength, resamplings });
  const labels: number[] = [];
  for (let t = numInferenceSteps - 1; t >= 0; t--) {
    labels.push(t);
    if (t % jumpLength !== 0 || t >= numInferenceSteps - jumpLength) continue;
    for (let i = 1; i < resamplings; i++) {
      for (let up = 1; up <= jumpLength; up++) labels.push(t + up);
      for (let down = jumpLength - 1; down >= 0; down--) labels.push(t + down);
    }
  }
  labels.push(-1);
  return labels;
}

/**
 * Returns the network calls of that walk without building it: T + (r - 1) j (ceil(T/j) - 1).
 */
export function countNetworkCalls(
  numInferenceSteps: number,
  jumpLength: number,
  resamplings: number,
): number {
  const jumpPoints = Math.max(0, Math.ceil(numInferenceSteps / jumpLength) - 1);
  return numInferenceSteps + (resamplings - 1) * jumpLength * jumpPoints;
}
