/** A classifier beside a network, from the files to a fill that it steers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addModel } from '../../src/cli/model-add.js';
import { buildModel } from '../../src/cli/model-build.js';
import { loadModelFromFolder } from '../../src/cli/model-folder.js';
import { manifestFiles } from '../../src/protocol/model-card.js';
import { root, runCli, type Result } from './run-cli.js';

const fixtures = path.join(root, 'test/fixtures');
let folder: string;
const at = (name: string) => path.join(folder, name);

const schedule = ['--steps', '6', '--jump-length', '2', '--jump-samples', '1', '--fills', '1'];

function fill(out: string, ...args: string[]): Promise<Result> {
  const files = [at('photo.png'), '--region', at('mask.png'), '--out', at(out)];
  return runCli('fill', ...files, '--model', at('steered'), ...schedule, ...args);
}

const layer = (out: string) =>
  sharp(at(`${out}/fill-1.png`))
    .raw()
    .toBuffer();

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'repaint-classifier-'));
  const grey = { width: 64, height: 64, channels: 3 as const, background: '#777' };
  await sharp({ create: grey }).png().toFile(at('photo.png'));
  const box =
    '<svg width="64" height="64"><rect x="20" y="20" width="24" height="24" fill="white"/></svg>';
  await sharp(Buffer.from(box)).png().toFile(at('mask.png'));
  // Both files are called checkpoint.pt.
  await addModel(
    {
      file: path.join(fixtures, 'adm-unet/nonsquare/checkpoint.pt'),
      classifier: path.join(fixtures, 'adm-classifier/attention-pool/checkpoint.pt'),
    },
    { folder, id: 'steered', words: {}, isTested: false },
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a model with a classifier', () => {
  test('has both in its folder, checked, and both graphs when it is built', async () => {
    const { card, classifier } = await loadModelFromFolder(at('steered'));
    expect(card.classifier).toMatchObject({ family: 'adm-classifier', parameters: 397_928 });
    expect(card.classes).toHaveLength(1000);
    expect(classifier?.onnx.byteLength).toBeGreaterThan(1_000_000);
    const manifest = await buildModel(at('steered'), at('built'));
    expect(manifestFiles(manifest).map((file) => file.path)).toEqual([
      'model.onnx',
      'classifier.onnx',
    ]);
    expect(readFileSync(at('built/classifier.onnx')).length).toBe(
      manifest.classifier?.onnx.sizeBytes,
    );
  });

  test('steers a fill to a class, as strongly as it is told', async () => {
    expect(await fill('free', '--class', '207', '--classifier-scale', '0')).toMatchObject({
      code: 0,
    });
    expect(await fill('same')).toMatchObject({ code: 0 });
    expect(await fill('steered-fill', '--class', '207', '--classifier-scale', '100')).toMatchObject(
      {
        code: 0,
      },
    );
    expect(await fill('again', '--class', 'Class 207', '--classifier-scale', '100')).toMatchObject({
      code: 0,
    });
    const [free, same, steered, again] = await Promise.all(
      ['free', 'same', 'steered-fill', 'again'].map(layer),
    );
    expect(same!.equals(free!)).toBe(true);
    expect(again!.equals(steered!)).toBe(true);
    expect(steered!.equals(free!)).toBe(false);
  });

  test('says what a scale needs', async () => {
    const lonely = await fill('x', '--classifier-scale', '1');
    expect(lonely).toMatchObject({ code: 2, stderr: expect.stringMatching(/--class/) as string });
    const other = await fill(
      'x',
      '--model',
      'garden-64',
      '--class',
      '1',
      '--classifier-scale',
      '1',
    );
    expect(other).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/garden-64 has no classifier/) as string,
    });
  });
});
