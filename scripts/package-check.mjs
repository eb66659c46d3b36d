/** Reads `dist.zip` and says what would keep it from being accepted. */
import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';

/** The marketplace's and the private link's limit. */
export const maxPackageBytes = 50_000_000;

const ortWasm = /ort-wasm.*\.wasm$/;

/**
 * Reads the package: its size and each file's bytes.
 * @param {string} file
 */
export function readPackage(file) {
  const zip = readFileSync(file);
  const files = Object.entries(unzipSync(zip)).filter(([name]) => !name.endsWith('/'));
  return { sizeBytes: zip.byteLength, files: new Map(files) };
}

/** What the manifest names must be there: Adobe's CLI does not look for the document sandbox. */
function missingFiles(files) {
  const manifest = files.get('manifest.json');
  if (manifest === undefined) return ['manifest.json is not at the root of the package.'];
  const { entryPoints } = JSON.parse(strFromU8(manifest));
  return entryPoints
    .flatMap((entry) => [entry.main, entry.documentSandbox])
    .filter((name) => !files.has(name))
    .map((name) => `The manifest names ${name}, which is not in the package.`);
}

/** The same bytes under two names cost twice: it happened to others with ONNX Runtime's wasm. */
function duplicatedWasm(files) {
  const sizes = new Map();
  const problems = [];
  for (const [name, bytes] of files) {
    if (!name.endsWith('.wasm')) continue;
    const twin = sizes.get(bytes.byteLength);
    if (twin !== undefined) problems.push(`${name} and ${twin} are the same file.`);
    sizes.set(bytes.byteLength, name);
  }
  return problems;
}

/**
 * Returns one sentence for each thing wrong with a package; none means it is fit to hand in.
 * @param {{ sizeBytes: number, files: Map<string, Uint8Array> }} contents
 * @returns {string[]}
 */
export function problemsOf({ sizeBytes, files }) {
  const names = [...files.keys()];
  const problems = [...missingFiles(files), ...duplicatedWasm(files)];
  if (sizeBytes > maxPackageBytes) {
    problems.push(`The package has ${sizeBytes} bytes; ${maxPackageBytes} are allowed.`);
  }
  if (!names.some((name) => ortWasm.test(name))) problems.push('ONNX Runtime is missing.');
  if (!names.some((name) => name.endsWith('.onnx'))) problems.push('The model is missing.');
  for (const name of ['THIRD-PARTY-NOTICES.txt', 'sbom.cdx.json']) {
    if (!files.has(name)) problems.push(`${name} is missing.`);
  }
  for (const name of names) {
    if (name.endsWith('.map')) problems.push(`${name} is a source map.`);
    if (name.split('/').some((part) => part.startsWith('.'))) problems.push(`${name} is hidden.`);
  }
  return problems;
}
