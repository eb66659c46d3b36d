/**
 * Builds the workbench, the local page that stands in for Adobe Express, into `build/workbench/`.
 * It never ships; it serves the add-on's `dist/` as it is.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import CopyPlugin from 'copy-webpack-plugin';
import { common, page, typescriptRule } from './scripts/webpack-common.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));

const workbench = {
  ...common(root, false),
  name: 'workbench',
  entry: {
    page: './src/workbench/page/index.ts',
    // Answers the SDK's https import inside the panel's frame, so its exports must survive.
    'ui-sdk': { import: './src/workbench/sdk/ui-sdk.ts', library: { type: 'module' } },
  },
  output: {
    path: path.join(root, 'build/workbench'),
    filename: '[name].js',
    chunkFilename: '[name].js',
    module: true,
    publicPath: 'auto',
    clean: { keep: /^realm\.js/ },
  },
  module: {
    rules: [typescriptRule('es2022'), { test: /\.css$/, use: ['style-loader', 'css-loader'] }],
  },
  plugins: [
    page(path.join(root, 'src/workbench/page/index.html'), 'page'),
    new CopyPlugin({ patterns: [{ from: 'assets/samples', to: 'samples/' }] }),
  ],
};

/** What runs in the QuickJS realm beside the add-on's code.js: one ES module, no DOM, no chunks. */
const realm = {
  ...common(root, false),
  name: 'realm',
  target: 'es2020',
  devtool: false,
  entry: { realm: { import: './src/workbench/realm/index.ts', library: { type: 'module' } } },
  output: {
    path: path.join(root, 'build/workbench'),
    filename: '[name].js',
    module: true,
    publicPath: '',
  },
  module: { rules: [typescriptRule('es2020')] },
};

export default [workbench, realm];
