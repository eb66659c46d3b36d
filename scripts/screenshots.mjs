/**
 * Takes the README's pictures of the panel: `npx tsx scripts/screenshots.mjs`, after the builds of
 * the add-on (`npm run build:dev`) and of the workbench.
 */
import { fileURLToPath, URL } from 'node:url';
import sharp from 'sharp';
import { BenchPage } from '../test/e2e/bench-page.js';

const assets = fileURLToPath(new URL('../assets/', import.meta.url));
const gap = 24;

/** @param {Buffer[]} pictures - of one height */
async function sideBySide(pictures, file) {
  const sizes = await Promise.all(pictures.map((picture) => sharp(picture).metadata()));
  const width = sizes.reduce((sum, size) => sum + size.width + gap, -gap);
  let left = 0;
  const placed = pictures.map((input, k) => {
    const at = { input, top: 0, left };
    left += sizes[k].width + gap;
    return at;
  });
  const height = Math.max(...sizes.map((size) => size.height));
  const background = { r: 255, g: 255, b: 255, alpha: 0 };
  await sharp({ create: { width, height, channels: 4, background } })
    .composite(placed)
    .webp({ quality: 82 })
    .toFile(`${assets}${file}`);
}

const bench = await BenchPage.open({ allowsStorage: true });
const { page, panel } = bench;
const at = (testId) => panel.getByTestId(testId);
const settled = () => page.waitForTimeout(900);
const panelPicture = () => page.locator('[data-testid=panel-frame]').screenshot();
/** The page, without the room around it. */
async function stage() {
  const picture = sharp(await page.locator('#stage').screenshot());
  const { width, height } = await picture.metadata();
  const { geometry } = await bench.artboard();
  const scale = Math.min((width - 80) / geometry.width, (height - 80) / geometry.height);
  const size = {
    width: Math.round(geometry.width * scale),
    height: Math.round(geometry.height * scale),
  };
  const left = Math.round((width - size.width) / 2);
  const top = Math.round((height - size.height) / 2);
  return picture.extract({ left, top, ...size }).toBuffer();
}

async function fill(testId = 'generate') {
  await at(testId).first().click();
  await at('progress').waitFor();
  await at('progress').waitFor({ state: 'detached', timeout: 300_000 });
  await settled();
}

await page.setViewportSize({ width: 1366, height: 760 });
const [photo] = (await bench.artboard()).children;
await bench.command({ kind: 'select', ids: [photo.id] });
await at('region-picture').waitFor();
const box = await at('region-picture').boundingBox();
await page.mouse.move(box.x + 0.47 * box.width, box.y + 0.9 * box.height);
await page.mouse.down();
for (const x of [0.52, 0.57, 0.62]) {
  await page.mouse.move(box.x + x * box.width, box.y + 0.92 * box.height, { steps: 4 });
}
await page.mouse.up();
await settled();
const marking = await panelPicture();

await at('fills').getByText('3', { exact: true }).click();
await fill();
await at('share').fill('55');
await settled();
const comparing = await panelPicture();
await at('keep').click();
await settled();
await at('history').getByRole('button').first().click();
await at('history').scrollIntoViewIfNeeded();
await settled();
const history = await panelPicture();
await at('manage-models').click();
await at('models-heading').waitFor();
await settled();
const models = await panelPicture();
await sideBySide([marking, comparing, history, models], 'panel.webp');

await page.keyboard.press('Escape');
const sample = page.locator('select').filter({ hasText: 'Temple' });
await sample.selectOption({ label: 'Temple' });
await settled();
const { children, geometry } = await bench.artboard();
const { width, height } = geometry;
const [x, y, scale] = [0.06 * width, 0.19 * height, 0.62];
const matrix = [scale, 0, 0, scale, x, y];
await bench.command({ kind: 'transform', changes: [{ id: children[0].id, matrix }] });
await page.getByTestId('tool-rectangle').click();
await bench.drag([x + 0.88 * scale * width, y], [0.94 * width, y + scale * height]);
await at('expansion').waitFor();
await settled();
const before = await stage();
await at('fills').getByText('1', { exact: true }).click();
await fill();
await bench.command({ kind: 'select', ids: [] });
await settled();
await sideBySide([before, await stage()], 'expand.webp');
await bench.close();
