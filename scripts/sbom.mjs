/**
 * The SBOM of a bundle in CycloneDX: of what `npm sbom` tells of the lock file, the packages whose
 * code is shipped, and the weights.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { shippedModels } from './shipped-models.mjs';

export const sbomName = 'sbom.cdx.json';
const isForDevelopment = ({ properties = [] }) =>
  properties.some(({ name }) => name === 'cdx:npm:package:development');

function readJson(...parts) {
  return JSON.parse(readFileSync(path.join(...parts), 'utf8'));
}

function lockedPackages(root) {
  // Adobe's command line sets NODE_ENV, by which npm would leave out what is bundled.
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--include', 'dev'];
  const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' };
  return JSON.parse(execFileSync('npm', args, { ...options, maxBuffer: 2 ** 26 }));
}

/** The models that ship, each by the hash that is checked when it is loaded. */
function weights(root) {
  return shippedModels(root).map(({ id, manifest: { card, onnx } }) => ({
    'bom-ref': `model:${id}`,
    type: 'machine-learning-model',
    name: id,
    description: `${card.summary} Made of the checkpoint with the SHA-256 ${card.checkpoint.sha256}.`,
    hashes: [{ alg: 'SHA-256', content: onnx.sha256 }],
    licenses: [{ license: { id: card.licence } }],
  }));
}

/**
 * Returns the SBOM as text, the same for the same lock file.
 * @param {string} root - of the project
 * @param {Iterable<string>} folders - of the packages whose code is bundled
 * @param {boolean} withRuntime - adds what npm installs beside the bundle
 */
export function sbomOf(root, folders, withRuntime) {
  const { name } = readJson(root, 'package.json');
  const bom = lockedPackages(root);
  const bundled = new Set();
  for (const folder of folders) {
    const { name, version } = readJson(folder, 'package.json');
    bundled.add(`${name}@${version}`);
  }
  const isShipped = (component) =>
    bundled.has(`${component.name}@${component.version}`) ||
    (withRuntime && !isForDevelopment(component));
  const components = [...bom.components.filter(isShipped), ...weights(root)];
  const refs = new Set(components.map((component) => component['bom-ref']));
  const own = bom.metadata.component;
  const dependencies = bom.dependencies
    .filter(({ ref }) => ref === own['bom-ref'] || refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((it) => refs.has(it)) }));
  // Without its time and its random number: the same build gives the same file.
  const { $schema, bomFormat, specVersion, version } = bom;
  const { tools, lifecycles } = bom.metadata;
  const metadata = { lifecycles, tools, component: { ...own, name } };
  const told = { $schema, bomFormat, specVersion, version, metadata, components, dependencies };
  return `${JSON.stringify(told, null, 2)}\n`;
}
