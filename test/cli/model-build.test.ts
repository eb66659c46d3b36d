/** A model folder is used only when its files are the ones its card speaks of. */
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildModel, readModelCard } from '../../src/cli/model-build.js';
import { modelManifestSchema } from '../../src/protocol/model-card.js';
import { modelFolder } from '../checkpoint/fixture-folders.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'model-'));
  cpSync(modelFolder('garden-64'), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const weights = () => path.join(folder, 'diffusion_pytorch_model.fp16.safetensors');

describe('a model folder', () => {
  it('builds into a model and a manifest, twice the same', async () => {
    const first = await buildModel(folder, path.join(folder, 'out'));
    const json: unknown = JSON.parse(readFileSync(path.join(folder, 'out/model.json'), 'utf8'));
    expect(modelManifestSchema.parse(json)).toEqual(first);
    expect(readFileSync(path.join(folder, 'out/model.onnx')).length).toBe(first.onnx.sizeBytes);
    expect(await buildModel(folder, path.join(folder, 'again'))).toEqual(first);
  });

  it('has a card that agrees with the scheduler of its checkpoint', async () => {
    const { diffusion } = await readModelCard(folder);
    const scheduler: unknown = JSON.parse(
      readFileSync(path.join(folder, 'scheduler_config.json'), 'utf8'),
    );
    expect(scheduler).toMatchObject({
      beta_schedule: diffusion.betaSchedule,
      beta_start: diffusion.betaStart,
      beta_end: diffusion.betaEnd,
      num_train_timesteps: diffusion.numTrainTimesteps,
      prediction_type: diffusion.predictionType,
      variance_type: diffusion.varianceType,
      clip_sample: diffusion.clipDenoised,
    });
  });

  it('is refused without its checkpoint', async () => {
    rmSync(weights());
    await expect(buildModel(folder, path.join(folder, 'out'))).rejects.toMatchObject({
      code: 'modelFetch',
      message: expect.stringMatching(/put the checkpoint that card.json names/) as string,
    });
  });

  it('is refused when the checkpoint is cut short', async () => {
    truncateSync(weights(), 1000);
    await expect(buildModel(folder, path.join(folder, 'out'))).rejects.toMatchObject({
      code: 'modelHash',
      message: expect.stringMatching(/26214968 bytes by card.json and has 1000,/) as string,
    });
  });

  it('is refused when one bit of the checkpoint differs', async () => {
    const bytes = readFileSync(weights());
    bytes[20_000_000] ^= 1;
    writeFileSync(weights(), bytes);
    await expect(buildModel(folder, path.join(folder, 'out'))).rejects.toMatchObject({
      code: 'modelHash',
    });
  });

  it('is refused when the card lacks a field', async () => {
    const file = path.join(folder, 'card.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"licence"', '"license"'));
    await expect(buildModel(folder, path.join(folder, 'out'))).rejects.toMatchObject({
      code: 'modelShape',
      message: expect.stringMatching(/licence/) as string,
    });
  });
});
