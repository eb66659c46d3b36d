/**
 * The whole test run: sets up what the tests need, then every check. `npm test -- lint unit` runs
 * only the named stages. A stage that later ones need stops the run; the others do not, so that
 * one run shows everything that is wrong. The last line counts the tests.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from '../src/lab/chromium.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const results = path.join(root, 'build/test-results');

/** Runs an npm script; true when it succeeded. */
function npmRun(script) {
  const isWindows = process.platform === 'win32';
  const options = { cwd: root, stdio: 'inherit', shell: isWindows };
  return spawnSync('npm', ['run', '--silent', script], options).status === 0;
}

/** Runs one vitest project, with its counts written to a file for the closing line. */
function vitest(project) {
  const output = path.join(results, `${project}.json`);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json'];
  const bin = path.join(root, 'node_modules/vitest/vitest.mjs');
  const command = [bin, ...args, `--outputFile.json=${output}`];
  return spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' }).status === 0;
}

function setUpChromium() {
  console.log(ensureChromium());
  return true;
}

const stages = [
  { name: 'chromium', run: setUpChromium, isNeeded: true },
  { name: 'check', run: () => npmRun('check') },
  { name: 'lint', run: () => npmRun('lint') },
  { name: 'format', run: () => npmRun('format:check') },
  { name: 'model', run: () => npmRun('model:build'), isNeeded: true },
  { name: 'unit', run: () => vitest('unit') },
  { name: 'build:dev', run: () => npmRun('build:dev'), isNeeded: true },
  { name: 'build:workbench', run: () => npmRun('build:workbench'), isNeeded: true },
  { name: 'browser', run: () => vitest('browser') },
  { name: 'e2e', run: () => vitest('e2e') },
  { name: 'package', run: () => vitest('package') },
  { name: 'audit', run: () => npmRun('audit') },
];

/** Runs one stage and says how long it took; an error is a failed stage with its message. */
function runStage({ name, run }) {
  console.log(`\n== ${name}`);
  const start = Date.now();
  let isPassed = false;
  try {
    isPassed = run();
  } catch (error) {
    console.error(error.message);
  }
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(`== ${name}: ${isPassed ? 'ok' : 'FAILED'} after ${seconds} s`);
  return isPassed;
}

/** Returns the names of the stages that failed. */
function runStages(chosen) {
  const failed = [];
  for (const stage of chosen) {
    if (runStage(stage)) continue;
    failed.push(stage.name);
    if (stage.isNeeded) break;
  }
  return failed;
}

/** Adds up what the vitest projects reported. */
function countTests() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name } of stages) {
    const file = path.join(results, `${name}.json`);
    if (!existsSync(file)) continue;
    const report = JSON.parse(readFileSync(file, 'utf8'));
    counts.passed += report.numPassedTests;
    counts.failed += report.numFailedTests;
    counts.skipped += report.numPendingTests + report.numTodoTests;
  }
  return counts;
}

function main(names) {
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const known = stages.map((stage) => stage.name).join(', ');
    console.error(`No stage is called ${unknown.join(', ')}; there are ${known}.`);
    return 2;
  }
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const chosen = stages.filter(({ name }) => names.length === 0 || names.includes(name));
  const failedStages = runStages(chosen);
  const { passed, failed, skipped } = countTests();
  if (failedStages.length > 0) console.log(`\nFailed: ${failedStages.join(', ')}`);
  // A stage may fail without a failed test: a lint error, a test file that does not load.
  const failures = failedStages.length > 0 ? Math.max(failed, 1) : failed;
  console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failures > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
