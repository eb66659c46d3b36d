/** Class labels and classifier-free guidance: one or two network calls per step. */
import type { ImageShape, Network, NetworkCall } from './network.js';

export interface Guidance {
  /** One class per image; null = no class is asked for. Shapes: [N]. */
  readonly classLabels: Int32Array | null;
  /** The label that means "no class"; null where the network has none. */
  readonly nullClassLabel: number | null;
  /** 1 = the class alone, 0 = no class, else out = none + scale * (class - none). */
  readonly scale: number;
}

export const noGuidance: Guidance = { classLabels: null, nullClassLabel: null, scale: 1 };

/**
 * Returns the labels of each call of one step: the class, "no class", or both in this order.
 * Throws: RangeError when guidance is asked of a network without a "no class" label.
 */
export function guidanceCalls(guidance: Guidance, images: number): (Int32Array | null)[] {
  const { classLabels, nullClassLabel, scale } = guidance;
  const none = nullClassLabel === null ? null : new Int32Array(images).fill(nullClassLabel);
  if (classLabels === null) return [none];
  if (classLabels.length !== images) {
    throw new RangeError(`expected ${images} class labels, got ${classLabels.length}`);
  }
  if (scale === 1) return [classLabels];
  if (none === null) {
    throw new RangeError(
      `guidance scale ${scale} needs a network with a "no class" label; use scale 1`,
    );
  }
  return scale === 0 ? [none] : [classLabels, none];
}

/** Returns how many network calls a step makes: 1 or 2. */
export function callsPerStep(guidance: Guidance): number {
  return guidanceCalls(guidance, guidance.classLabels?.length ?? 1).length;
}

/**
 * Runs the network with guidance; a learned variance is taken from the class call.
 * Shapes: returns [N, C or 2C, H, W]. Source: Ho and Salimans 2022, eq. 6, with scale = 1 + w.
 */
export async function predictGuided(
  network: Network,
  call: Omit<NetworkCall, 'classLabels'>,
  guidance: Guidance,
): Promise<Float32Array> {
  const [labels, noLabels] = guidanceCalls(guidance, call.shape[0]);
  const out = await network.predict({ ...call, classLabels: labels });
  if (noLabels === undefined) return out;
  const guided = out.slice();
  const none = await network.predict({ ...call, classLabels: noLabels });
  mixPrediction(guided, none, call.shape, guidance.scale);
  return guided;
}

function mixPrediction(
  out: Float32Array,
  none: Float32Array,
  shape: ImageShape,
  scale: number,
): void {
  const size = shape[1] * shape[2] * shape[3];
  const stride = out.length / shape[0];
  for (let n = 0; n < shape[0]; n++) {
    for (let i = n * stride; i < n * stride + size; i++) {
      out[i] = none[i] + scale * (out[i] - none[i]);
    }
  }
}
