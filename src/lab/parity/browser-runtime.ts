/** WebGPU for the command line: a headless Chromium that runs the engine's own runtime. */
import { fileURLToPath } from 'node:url';
import { Tensor, type InferenceSession } from 'onnxruntime-common';
import type { Browser, JSHandle } from 'playwright';
import type { ViteDevServer } from 'vite';
import { NotSupported } from './family.js';
import type { Runtime } from './runtime.js';

/** A tensor on its way between Node and the page. */
export interface RemoteTensor {
  readonly type: 'float32' | 'int32';
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

interface RemoteSessionInfo {
  readonly id: number;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: readonly {
    readonly name: string;
    readonly type: Tensor.Type;
    readonly shape: readonly (number | string)[];
  }[];
}

/** What the page does for the command line. */
export interface PageApi {
  /** Description of the WebGPU adapter. */
  readonly adapter: string;
  create(onnxBase64: string): Promise<RemoteSessionInfo>;
  run(
    id: number,
    feeds: Readonly<Record<string, RemoteTensor>>,
  ): Promise<Readonly<Record<string, RemoteTensor>>>;
  release(id: number): Promise<void>;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pagePath = 'src/lab/parity/browser-page.html';

/** A session that lives in the page. */
class RemoteSession implements InferenceSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly InferenceSession.ValueMetadata[];
  readonly outputMetadata: readonly InferenceSession.ValueMetadata[] = [];

  constructor(
    private readonly _page: JSHandle<PageApi>,
    private readonly _info: RemoteSessionInfo,
  ) {
    this.inputNames = _info.inputNames;
    this.outputNames = _info.outputNames;
    this.inputMetadata = _info.inputs.map((input) => ({ ...input, isTensor: true }));
  }

  async run(feeds: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType> {
    const remote = Object.fromEntries(
      Object.entries(feeds).map(([name, value]) => [name, toRemote(value)]),
    );
    const results = await this._page.evaluate((page, [id, sent]) => page.run(id, sent), [
      this._info.id,
      remote,
    ] as const);
    return Object.fromEntries(
      Object.entries(results).map(([name, { values, shape }]) => [
        name,
        new Tensor('float32', Float32Array.from(values), shape),
      ]),
    );
  }

  async release(): Promise<void> {
    await this._page.evaluate((page, id) => page.release(id), this._info.id);
  }

  startProfiling(): void {
    throw new RangeError('a session in the page cannot be profiled from here');
  }

  endProfiling(): void {
    this.startProfiling();
  }
}

function toRemote({ type, data, dims }: Tensor): RemoteTensor {
  if (type !== 'float32' && type !== 'int32') {
    throw new RangeError(`expected a float32 or int32 tensor, got ${type}`);
  }
  return { type, values: Array.from(data as Float32Array | Int32Array), shape: dims };
}

/** A started browser with its page; close it when all is checked. */
class ParityBrowser {
  private constructor(
    private readonly _browser: Browser,
    private readonly _server: ViteDevServer,
    readonly page: JSHandle<PageApi>,
  ) {}

  /** Throws: NotSupported where there is no Chromium or it has no WebGPU. */
  static async start(): Promise<ParityBrowser> {
    const { createServer } = await import('vite');
    const { chromium } = await import('playwright');
    const { chromiumArgs, findChromium } = await import('../chromium.mjs');
    const executablePath = findChromium();
    const options = { root, configFile: false, logLevel: 'error', server: { port: 0 } } as const;
    const server = await createServer(options);
    await server.listen();
    let browser: Browser | undefined;
    try {
      browser = await chromium.launch({ args: chromiumArgs, executablePath });
      const tab = await browser.newPage();
      await tab.goto(`${server.resolvedUrls?.local[0] ?? ''}${pagePath}`);
      await tab.waitForFunction(() => 'parityPage' in globalThis);
      const page = await tab.evaluateHandle(
        () => (globalThis as unknown as { parityPage: Promise<PageApi> }).parityPage,
      );
      return new ParityBrowser(browser, server, page);
    } catch (error) {
      await browser?.close();
      await server.close();
      throw new NotSupported(`WebGPU could not be started: ${(error as Error).message}`);
    }
  }

  async close(): Promise<void> {
    await this._browser.close();
    await this._server.close();
  }
}

/** One browser for all cases of a run; starting one takes seconds. */
let started: Promise<ParityBrowser> | undefined;

/** Returns the runtime of the page. Throws: NotSupported as `ParityBrowser.start`. */
export async function browserRuntime(): Promise<Runtime> {
  const { page } = await (started ??= ParityBrowser.start());
  return {
    session: async (onnx) => {
      const base64 = Buffer.from(onnx).toString('base64');
      const info = await page.evaluate((api, model) => api.create(model), base64);
      return new RemoteSession(page, info);
    },
    floats: ({ values, shape }) => new Tensor('float32', values, shape),
    labels: ({ values, shape }) => new Tensor('int32', Int32Array.from(values), shape),
  };
}

/** Says which adapter was used; null when no browser was started. */
export async function browserAdapter(): Promise<string | null> {
  const browser = await started?.catch(() => undefined);
  return browser ? browser.page.evaluate((page) => page.adapter) : null;
}

/** Closes the browser, if one was started. */
export async function closeBrowserRuntime(): Promise<void> {
  const browser = await started?.catch(() => undefined);
  started = undefined;
  await browser?.close();
}
