/** A classifier beside a network, from the files to a fill that it steers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addModel } from '../../src/cli/model-add.js';
import { main } from '../../src/cli/main.js';
import { DiskFileStore } from '../../src/shelf/store/disk-files.js';
import { ModelLibrary } from '../../src/shelf/store/library.js';
import { root } from './run-cli.js';

const fixtures = path.join(root, 'test/fixtures');
let folder: string;
const at = (name: string) => path.join(folder, name);

const schedule = ['--steps', '6', '--jump-length', '2', '--jump-samples', '1', '--fills', '1'];

const store = () => new DiskFileStore(folder);

async function fill(out: string, ...args: string[]): Promise<void> {
  const files = [at('photo.png'), '--region', at('mask.png'), '--out', at(out), '--json'];
  const model = ['--prior', 'model', '--model', at('added-steered')];
  await main(['node', 'repaint-fill', 'fill', ...files, ...model, ...schedule, ...args]);
  expect(process.exitCode).toBeUndefined();
}

const layer = (out: string) =>
  sharp(at(`${out}/fill-1.png`))
    .raw()
    .toBuffer();

beforeAll(async () => {
  vi.spyOn(console, 'log').mockReturnValue();
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
  test('is kept as two graphs', async () => {
    const { classifier, manifest } = await new ModelLibrary(store(), 'added-').open('steered');
    expect(manifest.card.classifier).toMatchObject({
      family: 'adm-classifier',
      parameters: 397_928,
    });
    expect(manifest.card.classes).toHaveLength(1000);
    expect(classifier?.graph.byteLength).toBeGreaterThan(1_000_000);
  });

  test('steers a fill to a class, as strongly as the guidance scale says', async () => {
    await fill('free', '--class', '207', '--guidance', '0');
    await fill('same');
    await fill('steered-fill', '--class', '207', '--guidance', '20');
    await fill('again', '--class', 'Class 207', '--guidance', '20');
    const [free, same, steered, again] = await Promise.all(
      ['free', 'same', 'steered-fill', 'again'].map(layer),
    );
    expect(same.equals(free)).toBe(true);
    expect(again.equals(steered)).toBe(true);
    expect(steered.equals(free)).toBe(false);
  });
});
