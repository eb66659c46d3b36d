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

const npm = (script) => ['npm', 'run', '--silent', script];
const node = (...args) => [process.execPath, ...args];

/** One vitest project, with its counts written to a file for the closing line. */
function vitest(project) {
  const output = path.join(results, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  return node('node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters);
}

/** In the order in which they start; `needs` end first. What waits for the most comes early. */
const stages = [
  { name: 'chromium', command: node('src/lab/chromium.mjs') },
  // Builds the models, too.
  { name: 'build:dev', command: npm('build:dev') },
  { name: 'lint', command: npm('lint') },
  { name: 'build:workbench', command: npm('build:workbench') },
  { name: 'build:cli', command: npm('build:cli'), needs: ['build:dev'] },
  {
    name: 'e2e',
    command: vitest('e2e'),
    needs: ['chromium', 'build:dev', 'build:workbench', 'build:cli'],
  },
  {
    name: 'package',
    command: vitest('package'),
    needs: ['chromium', 'build:dev', 'build:workbench', 'build:cli'],
    // Builds into the folder that the end-to-end tests open.
    after: ['e2e'],
  },
  { name: 'check', command: npm('check') },
  { name: 'format', command: npm('format:check') },
  { name: 'browser', command: vitest('browser'), needs: ['chromium', 'build:dev'] },
  { name: 'cli', command: vitest('cli'), needs: ['build:dev'] },
  // Last, since it alone has work for every core.
  { name: 'unit', command: vitest('unit'), needs: ['build:dev'] },
  { name: 'audit', command: npm('audit'), after: ['package'] },
];
const atOnce = 2;

/** Runs a command. Returns: whether it ended well, and what it said, which is nothing where it runs alone. */
function run([program, ...args], isAlone) {
  const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
  const output = isAlone ? 'inherit' : 'pipe';
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...colours },
    stdio: ['ignore', output, output],
    shell: program === 'npm' && process.platform === 'win32',
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
async function runStage({ name, command }, isAlone) {
  console.log(`== ${name}`);
  const start = Date.now();
  const { isPassed, text } = await run(command, isAlone);
  const seconds = ((Date.now() - start) / 1000).toFixed(0);
  console.log(`${text}== ${name}: ${isPassed ? 'ok' : 'FAILED'} after ${seconds} s`);
  return isPassed;
}

/** Runs the first stage that is ready whenever there is room. Returns: the names of those that failed. */
async function runStages(chosen) {
  const waiting = new Set(chosen);
  const running = new Map();
  /** Name to whether it passed. */
  const ended = new Map();
  const isOver = (name) => ended.has(name) || !chosen.some((stage) => stage.name === name);
  const isReady = ({ needs = [], after = [] }) => [...needs, ...after].every(isOver);
  const hasFailed = (name) => ended.get(name) === false;
  while (waiting.size + running.size > 0) {
    const stage = [...waiting].find(isReady);
    if (!stage || running.size === atOnce) {
      await Promise.race(running.values());
      continue;
    }
    waiting.delete(stage);
    const { name, needs = [] } = stage;
    const missing = needs.filter(hasFailed);
    if (missing.length > 0) {
      console.log(`== ${name}: not run, for want of ${missing.join(', ')}`);
      ended.set(name, false);
      continue;
    }
    const isDone = runStage(stage, chosen.length === 1).then((isPassed) => {
      running.delete(name);
      ended.set(name, isPassed);
    });
    running.set(name, isDone);
  }
  return chosen.map(({ name }) => name).filter(hasFailed);
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
