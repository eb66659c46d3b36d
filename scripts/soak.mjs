/**
 * The long form of the tests that attack what runs: minutes to an hour, so apart from `npm test`.
 * What it counted last is in docs/reliability.md. Chosen by words: `npm run soak -- killed`.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from '../src/lab/chromium.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const suites = {
  unit: [
    'test/checkpoint/fuzz.test.ts',
    'test/shelf/read/fuzz.test.ts',
    'test/shelf/store/library.test.ts',
    'test/sandbox/faults.test.ts',
  ],
  cli: ['test/cli/fill-command.test.ts', 'test/cli/picture-fuzz.test.ts'],
  browser: [
    'test/worker/soak.browser.test.ts',
    'test/ui/journal.browser.test.ts',
    'test/ui/closed-panel.browser.test.ts',
  ],
  e2e: ['test/e2e/loop.e2e.test.ts', 'test/cli/disk.e2e.test.ts'],
};

/** Runs a project's suites with the large counts; true when all passed. */
function run(project, files, words) {
  const bin = path.join(root, 'node_modules/vitest/vitest.mjs');
  const chosen = words ? ['-t', words, '--passWithNoTests'] : [];
  const args = [bin, 'run', '--project', project, ...files, ...chosen];
  const env = { ...process.env, FUZZ: '2500', VITE_SOAK: 'long' };
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status === 0;
}

console.log(ensureChromium());
const words = process.argv.slice(2).join(' ');
const passed = Object.entries(suites).map(([project, files]) => run(project, files, words));
process.exitCode = passed.every(Boolean) ? 0 : 1;
