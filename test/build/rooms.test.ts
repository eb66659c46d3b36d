/** What keeps the rooms apart. Oracle: imports that were seen to compile, and must not pass. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const forbidden = [
  ['src/sandbox/layers.ts', '../core/walk.js'],
  ['src/ui/panel.ts', '../core/walk.js'],
  ['src/ui/elements/advanced.ts', '../../engine/ort-web.js'],
  ['src/workbench/document.ts', '../image/png.js'],
  ['src/engine/ort-web.ts', '../image/png.js'],
  ['src/engine/gpu/gpu-state.ts', '../../shelf/store/library.js'],
  ['src/core/walk.ts', '../image/png.js'],
  ['src/cli/fill.ts', '../../test/cli/run-cli.js'],
  ['src/core/noise.ts', 'node:fs'],
] as const;
const allowed = [
  ['src/ui/elements/gallery.ts', '../fill/choices.js'],
  ['src/ui/elements/notices.ts', '../../image/png.js'],
  ['src/cli/model.ts', '../shelf/model-shelf.js'],
  ['src/worker/index.ts', '../engine/ort-web.js'],
] as const;

interface Diagnostic {
  code: string;
  help: string;
  filename: string;
}

/** What the project's lint says of a source tree of such imports, by file. */
function lint(files: readonly (readonly [file: string, imported: string])[]): Map<string, string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'rooms-'));
  try {
    for (const [file, imported] of files) {
      mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
      const code = `import * as other from '${imported}';\nexport const it = other;\n`;
      writeFileSync(path.join(folder, file), code);
    }
    // Without types: of imports that lead nowhere there are none.
    const config = JSON.stringify(path.join(root, 'oxlint.config.mjs'));
    const untyped = `import all from ${config};\nexport default { ...all, options: {} };\n`;
    writeFileSync(path.join(folder, 'config.mjs'), untyped);
    const oxlint = path.join(root, 'node_modules/oxlint/bin/oxlint');
    const args = [oxlint, '--config', 'config.mjs', '--format', 'json', 'src'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Diagnostic[] };
    const restricted = diagnostics.filter(({ code }) => code === 'eslint(no-restricted-imports)');
    return new Map(restricted.map(({ filename, help }) => [filename, help]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
const said = lint([...forbidden, ...allowed]);

test.each(forbidden)('%s may not import %s, and is told what to do', (file) => {
  expect(said.get(file)).toMatch(/move what both need|imports the tests|hand in/);
});

test.each(allowed)('%s may import %s', (file) => {
  expect(said.has(file)).toBe(false);
});

const filesIn = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((file) => /\.m?ts$|\.mjs$/.test(file))
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
const sources = filesIn('src');

/** A private member that is not `private _x`, the one form that Lit's decorators know. */
const otherPrivate =
  /(?:^ *|\()private (?:(?:static|override|readonly|async|get|set) )*(?!_|constructor|static|override|readonly|async|get |set )\w+|\w\.#\w+/gm;

const otherWays = [
  'private x = 1',
  '(private readonly x: X)',
  'private static async x()',
  'this.#x',
  'other.#x',
];
test.each(otherWays)('%s is no way to write a private member', (code) => {
  expect([...code.matchAll(otherPrivate)]).toHaveLength(1);
});

test('private members are written one way', () => {
  const all = [...sources, ...filesIn('test'), ...filesIn('scripts')];
  const written = all.filter(({ file }) => file !== path.relative(root, import.meta.filename));
  const found = written.flatMap(({ file, text }) =>
    [...text.matchAll(otherPrivate)].map(([it]) => `${file}: ${it}`),
  );
  expect(found).toEqual([]);
});

test('a name means one thing: no two files export classes or types of the same name', () => {
  const places = new Map<string, string[]>();
  for (const { file, text } of sources) {
    for (const [, name] of text.matchAll(/^export (?:abstract )?(?:class|interface|type) (\w+)/gm))
      places.set(name, [...(places.get(name) ?? []), file]);
  }
  expect(places.size).toBeGreaterThan(300);
  expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
});
