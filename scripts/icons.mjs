/** Draws `assets/icons/icon-<size>.png` from `icon.svg`; run it after the drawing changes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../assets/icons');
/** 144 is the marketplace listing's; the others serve browser tabs and dense screens. */
const sizes = [32, 64, 144, 288];

const svg = readFileSync(path.join(folder, 'icon.svg'));
for (const size of sizes) {
  const image = sharp(svg, { density: (72 * size) / 144 }).resize(size, size);
  await image.png({ compressionLevel: 9 }).toFile(path.join(folder, `icon-${size}.png`));
}
