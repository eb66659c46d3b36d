/** What the browser suites run on; a suite that cannot run skips by these and prints why. */

/** Where Vite serves ONNX Runtime's files from. */
export const ortBaseUrl = new URL('/node_modules/onnxruntime-web/dist/', location.origin).href;

async function findAdapter(): Promise<string | null> {
  const adapter = await (navigator as Partial<Navigator>).gpu?.requestAdapter();
  if (!adapter) return null;
  return [adapter.info.vendor, adapter.info.architecture].filter((word) => word).join(' ');
}

async function findShippedModel(): Promise<{ manifestUrl: string; onnxUrl: string } | null> {
  const manifestUrl = new URL('/build/models/garden-64/model.json', location.origin).href;
  const response = await fetch(manifestUrl);
  const isJson = response.ok && (await response.text()).trimStart().startsWith('{');
  return isJson ? { manifestUrl, onnxUrl: new URL('model.onnx', manifestUrl).href } : null;
}

/** "vendor architecture", or null without WebGPU. */
export const gpuAdapterName = await findAdapter();
/** null until `npm run model:build` has made it. */
export const shippedModel = await findShippedModel();

/** Prints what a suite ran on and what it measured. */
export function report(line: string): void {
  // eslint-disable-next-line no-console -- measurements belong in the test log
  console.info(line);
}

report(`WebGPU adapter: ${gpuAdapterName ?? 'none, its suites are skipped'}`);
if (!shippedModel) report('No build/models/garden-64: run "npm run model:build".');
