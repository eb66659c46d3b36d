/**
 * The whole test run: sets up what the tests need, then every check, two stages at a time, since
 * most wait for one core. `npm test -- lint unit` runs only the named stages. What needs a stage
 * that failed is not run; all else is, so that one run shows everything that is wrong. The last line
 * counts the tests.
 */
import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const results = path.join(root, 'build/test-results');

/** One vitest project, with its counts written to a file for the closing line. */
function vitest(project) {
  const output = path.join(results, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  return ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters];
}

const bin = (name, ...args) => [`node_modules/${name}`, ...args];
const tsx = bin('tsx/dist/cli.mjs');
const webpack = bin('webpack/bin/webpack.js');

/** In the order in which they start; `needs` end first. What waits for the most comes early. */
const stages = [
  { name: 'chromium', command: ['src/lab/chromium.mjs'] },
  { name: 'model', command: [...tsx, 'src/cli/model-build.ts'] },
  {
    name: 'build:dev',
    command: [...webpack, '--config-node-env', 'development'],
    needs: ['model'],
  },
  { name: 'lint', command: bin('eslint/bin/eslint.js', '.', '--max-warnings', '0') },
  { name: 'build:workbench', command: [...webpack, '--config', 'webpack.workbench.config.js'] },
  {
    name: 'e2e',
    command: vitest('e2e'),
    needs: ['chromium', 'build:dev', 'build:workbench'],
  },
  { name: 'check', command: bin('typescript/bin/tsc', '-b') },
  { name: 'format', command: bin('prettier/bin/prettier.cjs', '--check', '.') },
  { name: 'browser', command: vitest('browser'), needs: ['chromium', 'model'] },
  { name: 'unit', command: vitest('unit'), needs: ['model'] },
  { name: 'cli', command: vitest('cli'), needs: ['model'] },
  // Builds into the folder that the end-to-end tests open.
  {
    name: 'package',
    command: vitest('package'),
    needs: ['chromium', 'model', 'build:workbench'],
    after: ['e2e'],
  },
  { name: 'audit', command: ['scripts/audit.mjs'], after: ['package'] },
];
const atOnce = 2;

/** Runs a stage's command. Returns: whether it ended well, and what it said where it was asked to wait. */
function run({ command }, isAlone) {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { ...process.env, ...colours },
    stdio: ['ignore', isAlone ? 'inherit' : 'pipe', isAlone ? 'inherit' : 'pipe'],
  });
  const said = [];
  child.stdout?.on('data', (bytes) => said.push(bytes));
  child.stderr?.on('data', (bytes) => said.push(bytes));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ isPassed: false, text: error.message }));
    child.on('close', (code) =>
      resolve({ isPassed: code === 0, text: Buffer.concat(said).toString() }),
    );
  });
}

/** Runs one stage and says how long it took. Returns: whether it passed. */
async function runStage(stage, isAlone) {
  console.log(`== ${stage.name}`);
  const start = Date.now();
  const { isPassed, text } = await run(stage, isAlone);
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(`${text}== ${stage.name}: ${isPassed ? 'ok' : 'FAILED'} after ${seconds} s`);
  return isPassed;
}

/** Runs the stages as soon as what they need is there. Returns: the names of those that failed. */
async function runStages(chosen) {
  const waiting = [...chosen];
  /** Name to whether it passed. */
  const ended = new Map();
  const running = new Map();
  const isChosen = (name) => chosen.some((stage) => stage.name === name);
  const isMissing = (name) => ended.get(name) === false;
  const isPending = (name) => isChosen(name) && !ended.has(name);
  while (waiting.length + running.size > 0) {
    for (const stage of [...waiting]) {
      const { name, needs = [], after = [] } = stage;
      const missing = needs.filter(isMissing);
      if (missing.length === 0 && [...needs, ...after].some(isPending)) continue;
      if (missing.length === 0 && running.size >= atOnce) break;
      waiting.splice(waiting.indexOf(stage), 1);
      if (missing.length > 0) {
        console.log(`== ${name}: not run, for want of ${missing.join(', ')}`);
        ended.set(name, false);
        continue;
      }
      const isPassed = runStage(stage, chosen.length === 1);
      running.set(
        name,
        isPassed.then((it) => {
          running.delete(name);
          ended.set(name, it);
        }),
      );
    }
    await Promise.race(running.values());
  }
  return chosen.map(({ name }) => name).filter(isMissing);
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

async function main(names) {
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const known = stages.map((stage) => stage.name).join(', ');
    console.error(`No stage is called ${unknown.join(', ')}; there are ${known}.`);
    return 2;
  }
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const chosen = stages.filter(({ name }) => names.length === 0 || names.includes(name));
  const failedStages = await runStages(chosen);
  const { passed, failed, skipped } = countTests();
  if (failedStages.length > 0) console.log(`\nFailed: ${failedStages.join(', ')}`);
  // A stage may fail without a failed test: a lint error, a test file that does not load.
  const failures = failedStages.length > 0 ? Math.max(failed, 1) : failed;
  console.log(`${passed} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failures > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
