/**
 * A designer's own model, from the files to a fill: the real worker of the shelf converts, tests
 * and keeps it. The files are the shipped model's, as a training script would have written them.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BenchPage } from './bench-page.js';

const folder = fileURLToPath(new URL('../../models/garden-64/', import.meta.url));
const weights = 'diffusion_pytorch_model.fp16.safetensors';
const slow = { timeout: 240_000 };
let bench: BenchPage;

beforeAll(async () => {
  bench = await BenchPage.open();
});

afterAll(async () => {
  await bench.close();
});

const at = (testId: string) => bench.panel.getByTestId(testId);

/** Drops files on the panel, as the pointer would; they come as those of any page. */
async function drop(files: Record<string, Buffer>): Promise<void> {
  await bench.page.route('**/dropped/*', (route) => {
    const name = decodeURIComponent(route.request().url().split('/').at(-1)!);
    return route.fulfill({ body: files[name] });
  });
  await at('drop-zone').evaluate(async (zone, names) => {
    const dataTransfer = new DataTransfer();
    for (const name of names) {
      const response = await fetch(`/dropped/${name}`);
      dataTransfer.items.add(new File([await response.blob()], name));
    }
    for (const kind of ['dragover', 'drop']) {
      zone.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }
  }, Object.keys(files));
  await bench.page.unroute('**/dropped/*');
}

const garden = async (name: string) => readFile(`${folder}${name}`);

it('opens the models beside the shipped one', async () => {
  await at('manage-models').click();
  await at('storage').waitFor();
  await expect.poll(() => at('model').innerText()).toContain('Garden 64');
  await bench.screenshot('8-models');
});

it('asks for the files a checkpoint lacks', async () => {
  await drop({ [weights]: await garden(weights), 'config.json': await garden('config.json') });
  await expect.poll(() => at('missing-files').innerText(), slow).toContain('scheduler_config.json');
  await bench.screenshot('9-missing-files');
});

it('says when a config does not belong to the checkpoint, and takes the right one', async () => {
  const text = (await garden('scheduler_config.json')).toString();
  const wrong = { ...JSON.parse(text), prediction_type: 'epsilon' };
  await drop({ 'scheduler_config.json': Buffer.from(JSON.stringify(wrong)) });
  await at('words-name').locator('input').fill('My garden');
  await at('words-licence').locator('input').fill('Apache-2.0');
  await at('words-trainingData').locator('textarea').first().fill('My own photos.');
  await at('words-bias').locator('textarea').first().fill('Flowers.');
  await at('add-model').click();
  await at('adding-problem').waitFor(slow);
  expect(await at('adding-problem').getAttribute('data-code')).toBe('selfTestFailed');
  await at('use-anyway').waitFor();
  // Nothing of it stays.
  expect(await at('model').count()).toBe(1);
  await bench.screenshot('10-self-test-failed');
  // What was said stays; only the config is another.
  await drop({ 'scheduler_config.json': Buffer.from(text) });
  await at('adding-problem').waitFor({ state: 'detached' });
  expect(await at('words-name').locator('input').inputValue()).toBe('My garden');
  await at('add-model').click();
  await at('adding-stage').waitFor();
  await bench.screenshot('11-adding');
  await expect.poll(() => at('added').innerText(), slow).toContain('My garden is ready.');
});

it('fills with it, and the layer says so', slow, async () => {
  await at('use-added').click();
  await bench.screenshot('12-in-use');
  await at('close-models').click();
  await expect.poll(() => at('model-name').innerText(), slow).toBe('My garden');
  await bench.page.getByText('Ellipse (E)').click();
  await bench.drag([290, 190], [324, 220]);
  await at('region-size').waitFor();
  await at('fills').getByText('1', { exact: true }).click();
  await bench.chooseTenSteps();
  // A checkpoint does not say that a class of its means "none", so one has to be chosen.
  await expect.poll(() => at('plan').innerText(), slow).toContain('what should grow here');
  await at('grow').click();
  await bench.panel.getByRole('option').first().click();
  await expect.poll(() => at('generate').getAttribute('disabled'), slow).toBeNull();
  await at('generate').click();
  await expect.poll(async () => (await bench.fillLayers()).length, slow).toBe(1);
  const [{ addOnData }] = await bench.fillLayers();
  expect(JSON.parse(addOnData['repaintFill'])).toMatchObject({
    modelId: 'my-garden',
    modelSha256: createHash('sha256')
      .update(await garden(weights))
      .digest('hex'),
  });
  await bench.screenshot('13-filled-with-my-garden');
});

it('gives way to the shipped one when it is removed', async () => {
  await at('manage-models').click();
  await at('remove-model').click();
  await at('confirm-remove').click();
  await expect.poll(() => at('model').count()).toBe(1);
  await at('close-models').click();
  await expect.poll(() => at('model-name').innerText(), slow).toBe('Garden 64');
});

it('has thrown nothing on the way', () => {
  expect(bench.problems).toEqual([]);
});
