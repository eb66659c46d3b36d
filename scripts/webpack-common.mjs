/** What the add-on's and the workbench's webpack configurations share. */
import { readFileSync } from 'node:fs';
import HtmlPlugin from 'html-webpack-plugin';
import MinimizerPlugin from 'minimizer-webpack-plugin';
import webpack from 'webpack';
import { shippedModels } from './shipped-models.mjs';

/**
 * ONNX Runtime finds itself by its URL. webpack would emit a second copy of its loader and write
 * the build machine's path into the bundle; left alone, `import.meta.url` is the chunk's own URL.
 */
export const ortRule = {
  test: /[\\/]onnxruntime-web[\\/]dist[\\/].*\.mjs$/,
  parser: { url: false, importMeta: false },
};

/**
 * Returns the plugin that writes `index.html` and adds one chunk's script to it. The file is read
 * as it is: the plugin's own template loader emits a `with` statement, an error in ES modules.
 * @param {string} file - absolute path of the HTML source
 * @param {string} chunk
 */
export function page(file, chunk) {
  return new HtmlPlugin({
    templateContent: () => readFileSync(file, 'utf8'),
    scriptLoading: 'module',
    chunks: [chunk],
  });
}

/**
 * Returns the rule for TypeScript. Types are checked by `npm run check`, room by room; here they
 * are only stripped.
 * @param {string} target - ECMAScript version of the output, "es2022"
 */
export function typescriptRule(target) {
  return {
    test: /\.ts$/,
    loader: 'swc-loader',
    options: {
      jsc: {
        target,
        parser: { syntax: 'typescript', decorators: true },
        // As tsconfig.base.json says it to the compiler.
        transform: { legacyDecorator: true, useDefineForClassFields: false },
      },
    },
  };
}

/**
 * Returns the options both configurations have: ES modules out, `.js` imports that mean `.ts`,
 * and the dependencies' production code in either mode.
 * @param {string} root
 * @param {boolean} isPublic
 */
export function common(root, isPublic) {
  return {
    context: root,
    mode: isPublic ? 'production' : 'development',
    target: ['web', 'es2022'],
    devtool: isPublic ? false : 'source-map',
    experiments: { outputModule: true },
    performance: false,
    optimization: { minimizer: [new MinimizerPlugin({ minify: MinimizerPlugin.swcMinify })] },
    resolve: {
      extensions: ['.ts', '.js', '.mjs'],
      extensionAlias: { '.js': ['.ts', '.js'] },
      // The first one is ONNX Runtime's: fetch the wasm beside the page, do not emit it again.
      conditionNames: [
        'onnxruntime-web-use-extern-wasm',
        'import',
        'module',
        'webpack',
        'production',
        'browser',
      ],
    },
  };
}

/** The checkpoint's and the files' SHA-256 of a built model: what `expectShipped` compares. */
function hashesOf({ card, onnx, externalData, classifier }) {
  const beside = classifier ? [classifier.onnx, ...classifier.externalData] : [];
  return [card.checkpoint, onnx, ...externalData, ...beside].map(({ sha256 }) => sha256);
}

/**
 * Returns the plugin that writes into the code which weights it ships with.
 * @param {string} root
 */
export function shippedHashes(root) {
  const hashes = shippedModels(root).map(({ id, manifest }) => [id, hashesOf(manifest)]);
  return new webpack.DefinePlugin({
    __SHIPPED_HASHES__: JSON.stringify(Object.fromEntries(hashes)),
  });
}
