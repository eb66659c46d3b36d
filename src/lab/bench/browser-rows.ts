/** Starts Chromium on the bench page, served from the sources, and brings its rows back. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright';
import { createServer } from 'vite';
import { chromiumArgs, findChromium } from '../chromium.mjs';
import type { BenchRow } from './rows.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Highest memory any of the browser's processes ever had, where /proc tells. */
async function peakMemoryRows(browser: Browser): Promise<BenchRow[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const rows: BenchRow[] = [];
  for (const type of ['renderer', 'GPU']) {
    const sizes = await Promise.all(
      processInfo.filter((process) => process.type === type).map(({ id }) => peakMegabytes(id)),
    );
    const value = Math.max(0, ...sizes);
    if (value > 0) rows.push({ name: `browser, ${type}: peak memory`, value, unit: 'MB' });
  }
  return rows;
}

async function peakMegabytes(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}

/** Measures wasm and, where there is an adapter, WebGPU. */
export async function browserRows(isQuick: boolean): Promise<BenchRow[]> {
  const executablePath = findChromium();
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    cacheDir: 'build/vite-bench',
    // A reload, for a changed file or a dependency found late, would end the measurement.
    server: { port: 0, hmr: false, watch: null },
    optimizeDeps: {
      entries: ['src/lab/bench/page.html'],
      include: ['onnxruntime-common', 'onnxruntime-web/jspi', 'onnxruntime-web/webgpu', 'zod'],
    },
  });
  await server.listen();
  const browser = await chromium.launch({
    args: chromiumArgs,
    ...(executablePath ? { executablePath } : {}),
  });
  try {
    const page = await browser.newPage();
    const address = server.resolvedUrls?.local[0] ?? '';
    await page.goto(`${address}src/lab/bench/page.html${isQuick ? '?quick' : ''}`);
    await page.waitForFunction(() => 'benchRows' in globalThis);
    const rows = await page.evaluate(
      () => (globalThis as unknown as { benchRows: Promise<BenchRow[]> }).benchRows,
    );
    return [...rows, ...(await peakMemoryRows(browser))];
  } finally {
    await browser.close();
    await server.close();
  }
}
