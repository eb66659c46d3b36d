/** The workbench in real Chromium, driven as its user drives it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  chromium,
  type BrowserContext,
  type Frame,
  type FrameLocator,
  type Page,
} from 'playwright';
import type { PriorName } from '../../src/protocol/fill.js';
import type { Command, NodeData } from '../../src/workbench/document.js';
import type {} from '../../src/ui/panel.js';
import type {} from '../../src/workbench/page/workbench.js';
import { startWorkbench, type RunningWorkbench } from '../../src/workbench/server/serve.js';
import { chromiumArgs, ensureChromium } from '../../src/lab/chromium.mjs';

const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url));

export interface BenchOptions {
  /** Of a built add-on; the dev build by default. */
  readonly addOnFolder?: string;
  /** Lets the panel's frame use storage. */
  readonly allowsStorage?: boolean;
}

/** A new browser profile. Returns: its folder. */
async function profile(allowsStorage: boolean): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'repaint-profile-'));
  await mkdir(join(folder, 'Default'));
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } };
  if (allowsStorage) {
    await writeFile(join(folder, 'Default/Preferences'), JSON.stringify(preferences));
  }
  return folder;
}

/** A point of the page in document pixels. */
export type Spot = readonly [x: number, y: number];

/** One browser, one server, a page at a time. */
export class BenchPage {
  private constructor(
    private readonly _server: RunningWorkbench,
    private readonly _context: BrowserContext,
    readonly page: Page,
    readonly problems: string[],
    private readonly _profileFolder: string,
  ) {}

  /**
   * WebGPU is left off: the shipped model takes a minute a call on a software adapter. Chromium
   * refuses storage to frames of other origins unless `allowsStorage`, as a user may allow it.
   */
  static async open({ addOnFolder, allowsStorage = false }: BenchOptions = {}): Promise<BenchPage> {
    await mkdir(screenshots, { recursive: true });
    const server = await startWorkbench(0, addOnFolder === undefined ? undefined : [addOnFolder]);
    const args = chromiumArgs.filter((flag) => !/webgpu/.test(flag));
    const folder = await profile(allowsStorage);
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: ensureChromium(),
      args,
      viewport: { width: 1440, height: 1100 },
    });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(server.url);
    await page.getByTestId('layer').first().waitFor();
    return new BenchPage(server, context, page, problems, folder);
  }

  get panel(): FrameLocator {
    return this.page.frameLocator('[data-testid=panel-frame]');
  }

  /** The panel's frame as its own scripts see it. */
  get frame(): Frame {
    return this.page.frames().find((it) => it.parentFrame() !== null)!;
  }

  /** Chooses in the panel what fills come from. */
  async fillFrom(prior: PriorName): Promise<void> {
    await this.panel.getByTestId('prior').click();
    await this.panel.locator(`sp-menu-item[value=${prior}]`).click();
  }

  /** A draft is enough where the picture does not matter. */
  async chooseDraft(): Promise<void> {
    await this.panel.getByTestId('quality').click();
    await this.panel.locator('sp-menu-item[value=draft]').click();
  }

  /** Settings of one's own, as a fill that is reused brings them: ten steps of a model. */
  async chooseTenSteps(): Promise<void> {
    await this.frame.evaluate(() => {
      const { session } = document.querySelector('repaint-panel')!;
      const { choices } = session;
      const coarse = { ...choices.custom.coarse, numInferenceSteps: 10, resamplings: 1 };
      session.choose({
        ...choices,
        preset: 'custom',
        custom: { ...choices.custom, prior: choices.prior, coarse, refine: [] },
      });
    });
  }

  /** Drags the active tool over the page, in document pixels. */
  async drag(from: Spot, to: Spot): Promise<void> {
    const [start, end] = [await this._onScreen(from), await this._onScreen(to)];
    await this.page.mouse.move(...start);
    await this.page.mouse.down();
    await this.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2);
    await this.page.mouse.move(...end);
    await this.page.mouse.up();
  }

  /** Where a document pixel lies on the screen: the page is fitted with a margin of 40. */
  private async _onScreen([x, y]: Spot): Promise<[number, number]> {
    const box = (await this.page.locator('#stage').boundingBox())!;
    const { geometry } = (await this.artboard()) as { geometry: { width: number; height: number } };
    const scale = Math.min((box.width - 80) / geometry.width, (box.height - 80) / geometry.height);
    return [
      box.x + (box.width - geometry.width * scale) / 2 + x * scale,
      box.y + (box.height - geometry.height * scale) / 2 + y * scale,
    ];
  }

  artboard(): Promise<NodeData> {
    return this.page.evaluate((): NodeData => window.workbench!.current!.artboard);
  }

  /** The add-on's own layers, bottom to top. */
  async fillLayers(): Promise<NodeData[]> {
    const { children } = await this.artboard();
    return children.filter((node) => node.addOnData['repaintFill'] !== undefined);
  }

  command(command: Command): Promise<void> {
    return this.page.evaluate((sent) => window.workbench!.send(sent), command);
  }

  /** The file a layer shows. */
  bitmapBytes(layer: NodeData): Promise<number[]> {
    const { geometry } = layer.children[0];
    if (geometry.kind !== 'image') throw new Error(`${layer.id} shows no image`);
    return this.page.evaluate(async (id) => {
      const blob = window.workbench!.bitmaps.blob(id);
      return [...new Uint8Array(await blob.arrayBuffer())];
    }, geometry.bitmap);
  }

  /** The picture the panel would continue, kept fills included, at a place of the page: RGB. */
  pictureAt({ x, y }: { x: number; y: number }): Promise<number[]> {
    return this.frame.evaluate(
      (place) => {
        const { raster } = document.querySelector('repaint-panel')!.session.region!;
        const [a, b, c, d, left, top] = raster.pixelsToPage;
        if (b !== 0 || c !== 0) throw new Error('the photo is turned');
        const at = { x: Math.floor((place.x - left) / a), y: Math.floor((place.y - top) / d) };
        return [...raster.read({ ...at, width: 1, height: 1 }).data.slice(0, 3)];
      },
      { x, y },
    );
  }

  /** The photo at a place of the page it fills: RGB. */
  photoAt({ x, y }: { x: number; y: number }): Promise<number[]> {
    return this.page.evaluate(
      async (place) => {
        const image = await createImageBitmap(await window.workbench!.renderPage(null, null));
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
        context.drawImage(image, 0, 0);
        return [...context.getImageData(place.x, place.y, 1, 1).data.slice(0, 3)];
      },
      { x, y },
    );
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: `${screenshots}${name}.png` });
  }

  async close(): Promise<void> {
    await this._context.close();
    await this._server.close();
    await rm(this._profileFolder, { recursive: true, force: true });
  }
}
