/** A classifier's gradient through ONNX Runtime against guided-diffusion's autograd. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { sourceFromBytes } from '../../src/checkpoint/byte-source.js';
import { convertCheckpoint } from '../../src/checkpoint/convert.js';
import { readSafetensors } from '../../src/checkpoint/format/safetensors.js';
import { tinyUNet } from '../../src/checkpoint/tiny-unet.js';
import { OrtClassifier } from '../../src/engine/ort-classifier.js';
import { sessionOptions } from '../../src/engine/session-options.js';

const folder = fileURLToPath(new URL('../fixtures/adm-classifier/attention-pool', import.meta.url));
const source = (name: string) =>
  sourceFromBytes(new Uint8Array(readFileSync(path.join(folder, name))));

async function openFixture(): Promise<OrtClassifier> {
  const config: unknown = JSON.parse(readFileSync(path.join(folder, 'config.json'), 'utf8'));
  const { onnx } = await convertCheckpoint({
    source: source('checkpoint.pt'),
    family: 'adm-classifier',
    config,
  });
  return new OrtClassifier(await InferenceSession.create(onnx, sessionOptions(1)));
}

describe('OrtClassifier', () => {
  it('gives the gradient that autograd gives, image by image', async () => {
    const io = await readSafetensors(source('io.safetensors'));
    const values = async (name: string) => io.get(name)!.values();
    const [x, t, y, grad] = [
      await values('x'),
      await values('t'),
      await values('y'),
      await values('grad'),
    ];
    const classifier = await openFixture();
    const size = x.length / t.length;
    const greatest = Math.max(...grad.map(Math.abs));
    for (const [k, timestep] of t.entries()) {
      const got = await classifier.gradient({
        xt: x.slice(k * size, (k + 1) * size),
        shape: [1, 3, 16, 16],
        timestep,
        classLabels: Int32Array.of(y[k]),
      });
      const errors = got.map((value, i) => Math.abs(value - grad[k * size + i]) / greatest);
      // Rounding of float32 through some forty layers and back.
      expect(Math.max(...errors)).toBeLessThan(1e-3);
    }
    await classifier.release();
  });

  it('refuses a call without a class, and a network that is no classifier', async () => {
    const classifier = await openFixture();
    const call = { xt: new Float32Array(768), shape: [1, 3, 16, 16] as const, timestep: 1 };
    const failure = classifier.gradient({ ...call, classLabels: null });
    await expect(failure).rejects.toMatchObject({ code: 'badRequest' });
    await classifier.release();
    const session = await InferenceSession.create(await tinyUNet(1), sessionOptions(1));
    expect(() => new OrtClassifier(session)).toThrow(/must answer 'grad'/);
    await session.release();
  });
});
