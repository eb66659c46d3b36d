/** The rule that keeps the rooms apart. Oracle: imports that were seen to compile, and must not pass. */
import { ESLint } from 'eslint';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const eslint = new ESLint({ cwd: root, overrideConfig: { rules: {} } });

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
