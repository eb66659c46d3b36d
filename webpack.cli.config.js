/**
 * Bundles the command line into `build/cli/` for the npm package: plain JavaScript, which starts in
 * a fraction of the time. Native modules, and what only a checkout has, stay outside.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import CopyPlugin from 'copy-webpack-plugin';
import { Notices } from './scripts/notices.mjs';
import { common, shippedHashes, typescriptRule } from './scripts/webpack-common.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const settings = common(root, true);

export default {
  ...settings,
  name: 'cli',
  target: 'node20.19',
  entry: { main: { import: './src/cli/main.ts', library: { type: 'module' } } },
  output: {
    path: path.join(root, 'build/cli'),
    filename: '[name].js',
    chunkFilename: '[name].js',
    module: true,
    chunkFormat: 'module',
    clean: true,
  },
  // Names in stack traces are worth more than bytes here.
  optimization: { minimize: false },
  resolve: { ...settings.resolve, conditionNames: ['node', 'import', 'module', 'production'] },
  module: {
    parser: { javascript: { url: false, importMeta: false } },
    rules: [typescriptRule('es2022')],
  },
  externalsType: 'module',
  externals: ['sharp', 'onnxruntime-node', 'onnxruntime-web', 'playwright', 'vite'],
  plugins: [
    shippedHashes(root),
    new Notices(root, { withRuntime: true }),
    new CopyPlugin({
      patterns: [
        // The lab finds these beside its own code.
        'src/lab/evaluation/baselines.py',
        'src/lab/vote/page.html',
        // Where no source lies beside it, it takes the bundle: so do the tests.
        { from: 'src/cli/bin.mjs', to: path.join(root, 'build/bin/') },
      ],
    }),
  ],
};
