/** The workbench in real Chromium, driven as its user drives it. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type FrameLocator, type Page } from 'playwright';
import type { NodeData } from '../../src/workbench/document.js';
import { startWorkbench, type RunningWorkbench } from '../../src/workbench/server/serve.js';
import { chromiumArgs, ensureChromium } from '../setup/chromium.mjs';

const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url));

/** Straight-alpha pixels as numbers, small enough to send between processes. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

/** A fraction of the canvas area, 0..1. */
export type Spot = readonly [x: number, y: number];

interface WorkbenchWindow {
  readonly workbench: {
    readonly current: { readonly artboard: NodeData };
    readonly bitmaps: { blob(id: number): Blob };
    send(command: unknown): void;
  };
}

/** One browser, one server, a page at a time. */
export class BenchPage {
  private constructor(
    private readonly server: RunningWorkbench,
    private readonly browser: Browser,
    readonly page: Page,
    readonly problems: string[],
  ) {}

  /** WebGPU is left off: the shipped model takes a minute a call on a software adapter. */
  static async open(): Promise<BenchPage> {
    await mkdir(screenshots, { recursive: true });
    const server = await startWorkbench(0);
    const args = chromiumArgs.filter((flag) => !/webgpu/.test(flag));
    const browser = await chromium.launch({ executablePath: ensureChromium(), args });
    const page = await browser.newPage({ viewport: { width: 1440, height: 1100 } });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(server.url);
    await page.getByTestId('layer').first().waitFor();
    return new BenchPage(server, browser, page, problems);
  }

  get panel(): FrameLocator {
    return this.page.frameLocator('[data-testid=panel-frame]');
  }

  /** Drags the active tool over the page, in document pixels. */
  async drag(from: Spot, to: Spot): Promise<void> {
    const [start, end] = [await this.onScreen(from), await this.onScreen(to)];
    await this.page.mouse.move(...start);
    await this.page.mouse.down();
    await this.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2);
    await this.page.mouse.move(...end);
    await this.page.mouse.up();
  }

  /** Where a document pixel lies on the screen: the page is fitted with a margin of 40. */
  private async onScreen([x, y]: Spot): Promise<[number, number]> {
    const box = (await this.page.locator('#stage').boundingBox())!;
    const { geometry } = (await this.artboard()) as { geometry: { width: number; height: number } };
    const scale = Math.min((box.width - 80) / geometry.width, (box.height - 80) / geometry.height);
    return [
      box.x + (box.width - geometry.width * scale) / 2 + x * scale,
      box.y + (box.height - geometry.height * scale) / 2 + y * scale,
    ];
  }

  artboard(): Promise<NodeData> {
    return this.page.evaluate(
      () => (window as unknown as WorkbenchWindow).workbench.current.artboard,
    );
  }

  command(command: unknown): Promise<void> {
    return this.page.evaluate(
      (it) => (window as unknown as WorkbenchWindow).workbench.send(it),
      command,
    );
  }

  /** The file a layer shows, decoded without premultiplication. */
  bitmapBytes(bitmap: number): Promise<number[]> {
    return this.page.evaluate(async (id) => {
      const blob = (window as unknown as WorkbenchWindow).workbench.bitmaps.blob(id);
      return [...new Uint8Array(await blob.arrayBuffer())];
    }, bitmap);
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: `${screenshots}${name}.png` });
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
  }
}
