/**
 * Asks the registry whether what ships has known holes: what npm installs beside the bundles, and
 * what lies in them, by their SBOMs. A registry that does not answer fails nothing, and that is said.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sbomName } from './sbom.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const sboms = ['dist', 'build/public', 'build/cli'].map((folder) =>
  path.join(root, folder, sbomName),
);

/** Returns: what npm tells, or null without an answer. */
function audit(...more) {
  const patience = ['--fetch-retries', '0', '--fetch-timeout', '20000'];
  const args = ['audit', '--json', ...patience, ...more];
  const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' };
  try {
    return JSON.parse(spawnSync('npm', args, { ...options, maxBuffer: 2 ** 26 }).stdout);
  } catch {
    return null;
  }
}

function shippedNames() {
  const found = sboms.filter((file) => existsSync(file));
  const components = found.flatMap((file) => JSON.parse(readFileSync(file, 'utf8')).components);
  return new Set(components.map(({ name }) => name));
}

/**
 * Returns one sentence for each package that ships with a known hole.
 * @param {{ vulnerabilities: Record<string, object> }} installed - of `npm audit --omit=dev`
 * @param {{ vulnerabilities: Record<string, object> }} all - of `npm audit`
 * @param {ReadonlySet<string>} bundled - names
 */
export function holesIn(installed, all, bundled) {
  const inBundles = Object.entries(all.vulnerabilities).filter(([name]) => bundled.has(name));
  const found = Object.fromEntries([...Object.entries(installed.vulnerabilities), ...inBundles]);
  return Object.entries(found).map(
    ([name, { severity, range }]) => `${name} ${range} ships and has a known hole (${severity}).`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [installed, all] = [audit('--omit=dev'), audit()];
  if (!installed?.vulnerabilities || !all?.vulnerabilities) {
    console.log('Not audited: the registry gave no answer.');
  } else {
    const holes = holesIn(installed, all, shippedNames());
    for (const hole of holes) console.error(hole);
    if (holes.length === 0) console.log('No known hole in what ships.');
    process.exitCode = holes.length > 0 ? 1 : 0;
  }
}
