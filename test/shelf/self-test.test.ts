/** The self-test on networks whose answers are known. */
import { describe, expect, it } from 'vitest';
import { trainingAlphasCumprod } from '../../src/core/diffusion.js';
import type { Network, NetworkCall } from '../../src/core/network.js';
import { expectNoisePrediction, selfTest, selfTestLevels } from '../../src/shelf/self-test.js';
import type { ModelCard } from '../../src/protocol/model-card.js';
import { shippedCard as shipped } from './files.js';

const side = 16;
const photo = {
  width: side,
  height: side,
  channels: 3 as const,
  data: Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(i / 50)),
};

const cardOf = (diffusion: Partial<ModelCard['diffusion']>): ModelCard => ({
  ...shipped,
  diffusion: { ...shipped.diffusion, ...diffusion },
});

/** The ideal denoiser of a set of one photo, which finds its noise level by what it is told. */
class PhotoNetwork implements Network {
  readonly told: number[] = [];
  private readonly _alphas: Float64Array;

  constructor(private readonly _card: ModelCard) {
    this._alphas = trainingAlphasCumprod(_card.diffusion);
  }

  async predict({ xt, timestep }: NetworkCall): Promise<Float32Array> {
    this.told.push(timestep);
    const { rescaleTimesteps, numTrainTimesteps, predictionType } = this._card.diffusion;
    const scale = rescaleTimesteps ? numTrainTimesteps / 1000 : 1;
    const a = this._alphas[Math.round(timestep * scale)];
    return xt.map((x, i) => {
      const x0 = photo.data[i];
      const eps = (x - Math.sqrt(a) * x0) / Math.sqrt(1 - a);
      if (predictionType === 'sample') return x0;
      return predictionType === 'epsilon' ? eps : Math.sqrt(a) * eps - Math.sqrt(1 - a) * x0;
    });
  }
}

describe('selfTest', () => {
  it.each(['epsilon', 'sample', 'v_prediction'] as const)(
    'finds that an ideal network of %s misses nothing',
    async (predictionType) => {
      const card = cardOf({ predictionType });
      const levels = await selfTest(card, new PhotoNetwork(card), [photo]);
      for (const { missed } of levels) expect(missed).toBeLessThan(1e-9);
      expect(() => expectNoisePrediction(levels)).not.toThrow();
    },
  );

  it('tells the network timesteps as it was trained on them', async () => {
    const card = cardOf({ numTrainTimesteps: 4000, rescaleTimesteps: true });
    const network = new PhotoNetwork(card);
    const levels = await selfTest(card, network, [photo]);
    expect(network.told).toEqual(levels.map(({ timestep }) => timestep / 4));
    for (const { missed } of levels) expect(missed).toBeLessThan(1e-9);
  });

  it('counts its calls, and stops when it is cancelled', async () => {
    const seen: [number, number][] = [];
    const signal = { aborted: false };
    const onProgress = (...progress: [number, number]) => {
      seen.push(progress);
      signal.aborted = seen.length === 3;
    };
    const failure = selfTest(shipped, new PhotoNetwork(shipped), [photo, photo], {
      onProgress,
      signal,
    });
    await expect(failure).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual([1, 2, 3].map((call) => [call, 2 * selfTestLevels.length]));
  });

  it.each([
    ['predicts nothing', (xt: Float32Array) => new Float32Array(xt.length)],
    ['answers no numbers', (xt: Float32Array) => xt.map(() => NaN)],
  ])('refuses a network that %s', async (_, answer) => {
    const card = cardOf({ predictionType: 'epsilon' });
    const network = { predict: async ({ xt }: NetworkCall) => answer(xt) };
    const levels = await selfTest(card, network, [photo]);
    expect(() => expectNoisePrediction(levels)).toThrow(
      expect.objectContaining({ code: 'selfTestFailed' }) as Error,
    );
  });
});
