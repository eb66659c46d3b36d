import { WebRuntime, type WebRuntimeOptions } from '../../src/engine/web-runtime.js';
import { openFileStore } from '../../src/shelf/store/file-store.js';
import { loadModel } from '../../src/shelf/store/load-model.js';
import { toHalf } from '../../src/worker/to-half.js';
import { ortBaseUrl } from './browser-setup.js';

/** Loads the model of a manifest. */
export function loadRuntime(
  manifestUrl: string,
  options: Pick<WebRuntimeOptions, 'backend'> & Partial<WebRuntimeOptions>,
): Promise<WebRuntime> {
  const source = { kind: 'shipped', manifestUrl } as const;
  const model = async () => loadModel(source, await openFileStore(), () => undefined);
  const common = { ortBaseUrl, precision: null, toHalf };
  return WebRuntime.load({ model, ...common, ...options });
}
