/**
 * Makes `docs/gallery.md`, its pictures and README's from `assets/gallery/gallery.json`, with the
 * command line. `npm run gallery -- FOLDER` first shrinks the photos named there from FOLDER's
 * originals. Fills found in `build/gallery` are not made again: delete it to make all anew.
 */
import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const assets = path.join(root, 'assets/gallery');
const work = path.join(root, 'build/gallery');
const { photos, fills, readme } = JSON.parse(readFileSync(path.join(assets, 'gallery.json')));
/** Longest side of a shipped photo, of a gallery picture's third and of README's, in pixels. */
const sides = { photo: 760, third: 340, readmeThird: 420 };

const photoFile = (name) => path.join(assets, 'photos', `${name}.jpg`);

async function shrinkPhotos(folder) {
  mkdirSync(path.join(assets, 'photos'), { recursive: true });
  for (const name of Object.keys(photos)) {
    const file = readdirSync(folder).find((entry) => path.parse(entry).name === name);
    if (!file) throw new Error(`Expected a photo named ${name} in ${folder}; it has none.`);
    const size = { width: sides.photo, height: sides.photo, fit: 'inside' };
    const photo = sharp(path.join(folder, file)).autoOrient();
    await photo
      .resize({ ...size, withoutEnlargement: true })
      .jpeg({ quality: 85, mozjpeg: true })
      .toFile(photoFile(name));
  }
}

/** Corners in fractions of width and height: of a polygon, or of an ellipse's or rectangle's box. */
function shapeSvg([kind, ...corners], { width, height }) {
  const points = corners.map(([x, y]) => [x * width, y * height]);
  if (kind === 'polygon') return `<polygon points="${points.join(' ')}"/>`;
  const [[x0, y0], [x1, y1]] = points;
  if (kind === 'rect') return `<rect x="${x0}" y="${y0}" width="${x1 - x0}" height="${y1 - y0}"/>`;
  const [rx, ry] = [(x1 - x0) / 2, (y1 - y0) / 2];
  return `<ellipse cx="${x0 + rx}" cy="${y0 + ry}" rx="${rx}" ry="${ry}"/>`;
}

function regionSvg(region, size, fill) {
  const shapes = region.map((shape) => shapeSvg(shape, size)).join('');
  const box = `width="${size.width}" height="${size.height}"`;
  const style = `fill="${fill}" shape-rendering="crispEdges"`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" ${box}><g ${style}>${shapes}</g></svg>`,
  );
}

/** The filled photo's path; made by the command line where it is not there yet. */
async function fillOf({ name, photo, region, prior }, size) {
  const folder = path.join(work, name);
  const filled = path.join(folder, 'preview-1.png');
  if (existsSync(filled)) return filled;
  mkdirSync(folder, { recursive: true });
  const mask = path.join(folder, 'mask.png');
  await sharp(regionSvg(region, size, 'white'))
    .flatten({ background: 'black' })
    .png()
    .toFile(mask);
  const options = ['--prior', prior ?? 'photo', '--preset', 'balanced', '--seed', '1'];
  const files = [photoFile(photo), '--region', mask, '--out', folder];
  const command = [
    path.join(root, 'src/cli/bin.mjs'),
    'fill',
    ...files,
    '--fills',
    '1',
    ...options,
  ];
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`The fill ${name} ended with exit code ${status}.`);
  return filled;
}

/** The region's box and a third of its longer side around it, within the photo. */
function cropAround(region, { width, height }) {
  const corners = region.flatMap(([, ...points]) => points);
  const spans = [width, height].map((side, axis) => {
    const along = corners.map((corner) => corner[axis] * side);
    return [Math.min(...along), Math.max(...along), side];
  });
  const margin = Math.max(...spans.map(([from, to]) => to - from)) / 3;
  const [[left, right], [top, bottom]] = spans.map(([from, to, side]) => [
    Math.max(0, Math.floor(from - margin)),
    Math.min(side, Math.ceil(to + margin)),
  ]);
  return { left, top, width: right - left, height: bottom - top };
}

/** Photo, region and fill side by side, cropped around the region. */
async function strip(entry, third, file) {
  const photo = photoFile(entry.photo);
  const size = await sharp(photo).metadata();
  const filled = await fillOf(entry, size);
  const marked = await sharp(photo)
    .composite([{ input: regionSvg(entry.region, size, '#ff00aacc') }])
    .png()
    .toBuffer();
  const crop = cropAround(entry.region, size);
  const parts = [photo, marked, filled].map((input) =>
    sharp(input).extract(crop).resize(third, third, { fit: 'inside' }).png().toBuffer(),
  );
  const images = await Promise.all(parts);
  const { width, height } = await sharp(images[0]).metadata();
  const create = { width: 3 * width + 12, height, channels: 3, background: 'white' };
  await sharp({ create })
    .composite(images.map((input, place) => ({ input, left: place * (width + 6), top: 0 })))
    .jpeg({ quality: 82, mozjpeg: true })
    .toFile(file);
}

const headings = {
  good: 'Kept as they are',
  flawed: 'Faults that a careful look finds',
  failed: 'Failures',
};

const deeds = 'https://creativecommons.org';
const licences = [
  `[CC0 1.0](${deeds}/publicdomain/zero/1.0/)`,
  `[CC BY 3.0](${deeds}/licenses/by/3.0/)`,
  `[CC BY 4.0](${deeds}/licenses/by/4.0/)`,
].join(', ');

function page() {
  const groups = Object.entries(headings).map(([verdict, heading]) => {
    const entries = fills.filter((fill) => fill.verdict === verdict);
    const parts = entries.map(({ name, title, note, prior }) => {
      const how = prior ? ` (\`--prior ${prior}\`)` : '';
      return `### ${title}${how}\n\n![${title}: photo, region, fill](../assets/gallery/${name}.jpg)\n\n${note}\n`;
    });
    return `## ${heading}: ${entries.length} of ${fills.length}\n\n${parts.join('\n')}`;
  });
  const credits = Object.entries(photos).map(
    ([name, { author, licence, source }]) => `- ${name}.jpg: ${author}, ${licence}, from ${source}`,
  );
  const text = readFileSync(path.join(assets, 'introduction.md'), 'utf8');
  return [
    text,
    ...groups,
    `## Photos\n\nMade smaller; the gallery's pictures change them as described. Licences: ${licences}.\n`,
    `${credits.join('\n')}\n`,
  ].join('\n');
}

if (process.argv[2]) await shrinkPhotos(process.argv[2]);
for (const entry of fills) await strip(entry, sides.third, path.join(assets, `${entry.name}.jpg`));
const chosen = fills.find(({ name }) => name === readme);
await strip(chosen, sides.readmeThird, path.join(root, 'assets/readme.jpg'));
writeFileSync(path.join(root, 'docs/gallery.md'), page());
console.log(`docs/gallery.md: ${fills.length} fills of ${Object.keys(photos).length} photos`);
