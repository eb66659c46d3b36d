import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { playwright } from '@vitest/browser-playwright';
import { chromiumArgs, findChromium } from './src/lab/chromium.mjs';

const realm = fileURLToPath(new URL('./src/workbench/realm/index.ts', import.meta.url));

const inNode = {
  environment: 'node',
  setupFiles: 'test/one-core.ts',
  // One worker is left free otherwise: of two cores, half.
  maxWorkers: '100%',
  // A busy machine is slow, not wrong.
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'cli',
          ...inNode,
          include: ['test/cli/**/*.test.ts'],
          exclude: ['test/**/*.e2e.test.ts'],
        },
      },
      {
        // The document sandbox's tests run it over the workbench's stand-in for the host's modules.
        resolve: {
          alias: { 'express-document-sdk': realm, 'add-on-sdk-document-sandbox': realm },
        },
        define: { __BUILD_ID__: '"test"', __HAS_EXPERIMENTAL_APIS__: 'true' },
        test: {
          name: 'unit',
          ...inNode,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{browser,e2e,package}.test.ts', 'test/cli/**'],
        },
      },
      {
        // Found late, it would make Vite reload the page in the middle of a test.
        optimizeDeps: {
          include: [
            '@huggingface/hub',
            // Of the models page, which is loaded when it is opened.
            '@spectrum-web-components/dropzone/sp-dropzone.js',
            '@spectrum-web-components/help-text/sp-help-text.js',
            '@spectrum-web-components/textfield/sp-textfield.js',
            'comlink',
            'fast-png',
            'idb-keyval',
            'image-size',
            'lit/directives/keyed.js',
            'onnxruntime-web/jspi',
            'onnxruntime-web/webgpu',
            'yaml',
          ],
        },
        test: {
          name: 'browser',
          // A busy machine is slow, not wrong.
          expect: { poll: { timeout: 30_000 } },
          include: ['test/**/*.browser.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: findChromium(),
                args: chromiumArgs,
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          name: 'e2e',
          expect: { poll: { timeout: 30_000 } },
          environment: 'node',
          include: ['test/**/*.e2e.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'package',
          environment: 'node',
          include: ['test/**/*.package.test.ts'],
          // Each builds into the same folders.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
