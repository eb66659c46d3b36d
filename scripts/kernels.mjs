/**
 * Compiles the photo prior's loops (`src/prior/kernels/kernels.ts`, AssemblyScript) to WebAssembly,
 * as text in a module, so that panel, worker and command line load the same bytes without a file.
 * `--check` fails when the module is not what the source gives.
 */
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import { URL } from 'node:url';
import asc from 'assemblyscript/asc';

const source = 'src/prior/kernels/kernels.ts';
const target = new URL('../src/prior/kernels-wasm.ts', import.meta.url);

const files = {};
const flags = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--importMemory', '--noAssert'];
const limits = ['--initialMemory', '2', '--maximumMemory', '65536'];
const options = {
  stdout: process.stdout,
  stderr: process.stderr,
  readFile: (name) => {
    try {
      return readFileSync(name, 'utf8');
    } catch {
      return null;
    }
  },
  writeFile: (name, contents) => void (files[name] = contents),
};
const { error } = await asc.main([source, ...flags, ...limits, '--outFile', 'k.wasm'], options);
if (error) {
  console.error(error.message);
  process.exit(1);
}
const base64 = Buffer.from(files['k.wasm']).toString('base64');
const text = `/** Made by \`npm run kernels\` from \`kernels/kernels.ts\`: WebAssembly in base 64. */
export const kernelsWasm =
  '${base64}';
`;
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') === text) process.exit(0);
  console.error('src/prior/kernels-wasm.ts is not made of kernels.ts: run npm run kernels.');
  process.exit(1);
}
writeFileSync(target, text);
