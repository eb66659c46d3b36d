/** Means with bootstrap intervals, seeded: the same numbers give the same interval. */
import { randomStream } from '../masks/random.js';

/** A mean over n photos and the middle 95 % of what resampled photos would give. */
export interface Estimate {
  readonly n: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const resamples = 2000;

/** Adds up in the given order. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Returns mean and percentile interval; the interval is the mean where there is one value.
 * `name` keys the draws. Null where there is no value.
 * Source: Efron 1979, the percentile bootstrap over photos.
 */
export function estimate(values: readonly number[], name: string): Estimate | null {
  if (values.length === 0) return null;
  const random = randomStream(0, name);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.below(values.length)];
    return sum / values.length;
  }).sort((a, b) => a - b);
  const at = (part: number) => means[Math.round(part * (resamples - 1))];
  return { n: values.length, mean: meanOf(values), low: at(0.025), high: at(0.975) };
}
