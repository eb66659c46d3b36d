/** What keeps the rooms apart. Oracle: imports that were seen to compile, and must not pass. */
import { ESLint } from 'eslint';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
// The one rule that is asked about needs no types, and types are most of what linting costs.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-imports',
});

async function restricted(file: string, imported: string): Promise<string[]> {
  const code = `import * as other from '${imported}';\nexport const it = other;\n`;
  const [result] = await eslint.lintText(code, { filePath: path.join(root, file) });
  return result.messages
    .filter(({ ruleId }) => ruleId === 'no-restricted-imports')
    .map(({ message }) => message);
}

test.each([
  ['src/sandbox/layers.ts', '../core/walk.js'],
  ['src/ui/panel.ts', '../core/walk.js'],
  ['src/ui/elements/advanced.ts', '../../engine/ort-web.js'],
  ['src/workbench/document.ts', '../image/png.js'],
  ['src/engine/ort-web.ts', '../image/png.js'],
  ['src/engine/gpu/gpu-state.ts', '../../shelf/store/library.js'],
  ['src/core/walk.ts', '../image/png.js'],
  ['src/cli/fill.ts', '../../test/cli/run-cli.js'],
  ['src/core/walk.ts', 'node:fs'],
])('%s may not import %s, and is told what to do', async (file, imported) => {
  const [message] = await restricted(file, imported);
  expect(message).toMatch(/move what both need|imports the tests|hand in/);
});

test.each([
  ['src/ui/elements/advanced.ts', '../fill/choices.js'],
  ['src/ui/elements/advanced.ts', '../../image/png.js'],
  ['src/cli/fill.ts', '../shelf/model-shelf.js'],
  ['src/worker/index.ts', '../engine/ort-web.js'],
])('%s may import %s', async (file, imported) => {
  expect(await restricted(file, imported)).toEqual([]);
});

test('a name means one thing: no two files export classes or types of the same name', () => {
  const places = new Map<string, string[]>();
  for (const entry of readdirSync(path.join(root, 'src'), { recursive: true })) {
    const file = String(entry);
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(path.join(root, 'src', file), 'utf8');
    for (const [, name] of text.matchAll(/^export (?:abstract )?(?:class|interface|type) (\w+)/gm))
      places.set(name, [...(places.get(name) ?? []), file]);
  }
  expect(places.size).toBeGreaterThan(300);
  expect([...places].filter(([, files]) => files.length > 1)).toEqual([]);
});
