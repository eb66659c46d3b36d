/** The first calls of a new model: does it predict noise, and how fast is it here? */
import type { Network, NetworkCall } from '../core/network.js';
import { median } from '../engine/warm-up.js';
import type { PlanarImage } from '../image/planar.js';
import type { ModelCard } from '../protocol/model-card.js';
import { nextTask } from './fetch/waiting.js';
import { expectNoisePrediction, selfTest, type SelfTestLevel } from './self-test.js';

/** The photos a new network is tried on, without their .jpg. */
export const sampleNames: readonly string[] = ['dahlia', 'temple', 'cat', 'coffee'];

export interface TryOutOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface TriedOut {
  /** Of one network call at the native size. */
  readonly msPerCall: number;
  readonly levels: readonly SelfTestLevel[];
}

/** A network of more values is slow: one photo must do. */
const largeParameters = 60e6;

/** Names of the photos that a network of that card is tried on. */
export function samplesFor({ network }: ModelCard): readonly string[] {
  return sampleNames.slice(0, network.parameters > largeParameters ? 1 : undefined);
}

/** Passes calls on and takes their time; the first, which compiles, does not count. */
class TimedNetwork implements Network {
  private readonly _times: number[] = [];

  constructor(private readonly _network: Network) {}

  get msPerCall(): number {
    return median(this._times.length > 1 ? this._times.slice(1) : this._times);
  }

  async predict(call: NetworkCall): Promise<Float32Array> {
    // WebAssembly answers without a pause in which a cancel could be heard.
    await nextTask();
    const start = performance.now();
    const out = await this._network.predict(call);
    this._times.push(performance.now() - start);
    return out;
  }
}

/**
 * Runs the self-test on photos, RGB of the card's native size in [-1, 1].
 * Throws: RepaintError selfTestFailed, cancelled; what the network throws.
 */
export async function tryOut(
  card: ModelCard,
  network: Network,
  photos: readonly PlanarImage[],
  options: TryOutOptions,
): Promise<TriedOut> {
  const timed = new TimedNetwork(network);
  const levels = await selfTest(card, timed, photos, options);
  expectNoisePrediction(levels);
  return { msPerCall: timed.msPerCall, levels };
}
