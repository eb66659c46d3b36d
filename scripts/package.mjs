/**
 * Makes `dist.zip` with Adobe's CLI and checks it. The CLI alone is not enough: it ends with 0
 * after some errors and leaves an old package in place.
 */
import { spawnSync } from 'node:child_process';
import { rmSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { problemsOf, readPackage } from './package-check.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const zip = path.join(root, 'dist.zip');

/** The CLI starts `webpack` by name, so the project's own binaries come first on the path. */
function runAdobeCli() {
  const cli = createRequire(import.meta.url).resolve('@adobe/ccweb-add-on-scripts/bin/run.js');
  const pathKey = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  const bin = path.join(root, 'node_modules/.bin');
  const env = { ...process.env, [pathKey]: bin + path.delimiter + process.env[pathKey] };
  const args = [cli, 'package', '--use', 'webpack', '--analytics', 'off'];
  return spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' }).status;
}

function fail(sentences) {
  for (const sentence of sentences) console.error(sentence);
  process.exit(1);
}

rmSync(zip, { force: true });
const status = runAdobeCli();
if (status !== 0 || !existsSync(zip)) {
  fail([`Packaging failed: Adobe's command line ended with ${status} and its message is above.`]);
}
const contents = readPackage(zip);
const problems = problemsOf(contents);
if (problems.length > 0) {
  rmSync(zip);
  fail([...problems, 'dist.zip was removed: mend these and package again.']);
}
const megabytes = (contents.sizeBytes / 1e6).toFixed(1);
console.log(`dist.zip: ${contents.files.size} files, ${megabytes} MB of 50 MB allowed.`);
