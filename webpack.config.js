/**
 * Builds the add-on into `dist/`: the panel (an ES module with its worker), the document sandbox's
 * `code.js`, ONNX Runtime's wasm, the shipped model and the manifest.
 *
 * NODE_ENV=production makes the public build, anything else the dev build (experimental APIs on,
 * source maps). Adobe's CLI runs plain `webpack` and sets NODE_ENV=production to package, so the
 * environment, not an argument, decides. The workbench has its own `webpack.workbench.config.js`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import CopyPlugin from 'copy-webpack-plugin';
import webpack from 'webpack';
import { manifestFor } from './scripts/manifest.mjs';
import { Notices } from './scripts/notices.mjs';
import { shippedModels } from './scripts/shipped-models.mjs';
import { common, ortRule, page, shippedHashes, typescriptRule } from './scripts/webpack-common.mjs';

const root = path.dirname(fileURLToPath(import.meta.url));
const isPublic = process.env.NODE_ENV === 'production';
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Both of ONNX Runtime's WebGPU builds; the worker picks one. Each also runs without a GPU. */
const ortBuilds = ['asyncify', 'jspi'];

/** Changes with every build, so that the panel notices a stale `code.js` after a reload. */
function makeBuildId() {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000);
  return `${version}-${isPublic ? 'public' : 'dev'}-${Math.round(seconds).toString(36)}`;
}

/** Copies files that must stay as they are: `minimized` keeps the minimizer away from them. */
const copyPlugin = () =>
  new CopyPlugin({
    patterns: [
      {
        from: 'manifest.json',
        transform: (text) =>
          JSON.stringify(manifestFor(JSON.parse(text.toString()), isPublic), null, 2),
      },
      ...ortBuilds.map((name) => ({
        from: `node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.${name}.{mjs,wasm}`,
        to: 'ort/[name][ext]',
        info: { minimized: true },
      })),
      ...shippedModels(root).map(({ id, folder }) => ({ from: folder, to: `models/${id}/` })),
      { from: 'assets/icons/*.png', to: 'icons/[name][ext]' },
      // An added model is tried on these.
      { from: 'assets/samples/', to: 'samples/' },
      { from: 'LICENSE', to: 'LICENSE.txt', toType: 'file' },
    ],
  });

/**
 * Adobe's `start` ends when a rebuild fails, since it looks for a manifest in `src/`. Under it, an
 * error is printed as a warning and the server lives until the next save.
 */
const surviveErrors = {
  apply(compiler) {
    compiler.hooks.afterCompile.tap('SurviveErrors', (compilation) => {
      compilation.warnings.push(...compilation.errors.splice(0));
    });
  },
};
const isExpressServer = process.env.npm_lifecycle_event === 'start:express';

export default () => ({
  ...common(root, isPublic),
  name: 'add-on',
  entry: { index: './src/ui/index.ts', code: './src/sandbox/code.ts' },
  output: {
    path: path.join(root, 'dist'),
    filename: '[name].js',
    chunkFilename: '[name].js',
    module: true,
    publicPath: 'auto',
    clean: true,
  },
  externalsType: 'module',
  // `web` leaves the SDK's https import to the host.
  externalsPresets: { web: true },
  externals: ['add-on-sdk-document-sandbox', 'express-document-sdk'],
  module: {
    parser: { javascript: { worker: ['HeldWorker from ../host/held-worker.js', '...'] } },
    rules: [
      // The document sandbox is QuickJS: keep to the syntax Adobe's own template emits.
      { ...typescriptRule('es2020'), include: path.join(root, 'src/sandbox') },
      { ...typescriptRule('es2022'), exclude: path.join(root, 'src/sandbox') },
      ortRule,
      { test: /\.css$/, use: ['style-loader', 'css-loader'] },
    ],
  },
  plugins: [
    page(path.join(root, 'src/ui/index.html'), 'index'),
    new webpack.DefinePlugin({
      __HAS_EXPERIMENTAL_APIS__: JSON.stringify(!isPublic),
      __BUILD_ID__: JSON.stringify(makeBuildId()),
    }),
    shippedHashes(root),
    copyPlugin(),
    new Notices(root, { extra: ['onnxruntime-web'] }),
    ...(isExpressServer ? [surviveErrors] : []),
  ],
});
