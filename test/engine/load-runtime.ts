import { WebRuntime } from '../../src/engine/web-runtime.js';
import type { WebRuntimeOptions } from '../../src/engine/web-runtime.js';
import { toHalf } from '../../src/worker/to-half.js';
import { ortBaseUrl } from './browser-setup.js';

/** Loads the model of a manifest. */
export function loadRuntime(
  manifestUrl: string,
  options: Pick<WebRuntimeOptions, 'backend'> & Partial<WebRuntimeOptions>,
): Promise<WebRuntime> {
  const model = { kind: 'shipped', manifestUrl } as const;
  const common = { ortBaseUrl, precision: null, toHalf, onProgress: () => undefined };
  return WebRuntime.load({ model, ...common, ...options });
}
