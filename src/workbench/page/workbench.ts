/** The editor page: one document in its realm, a canvas, the layers, and the add-on's panel. */
import { html, render } from 'lit';
import type { Command, DocumentData, FromRealm, Matrix, NodeData } from '../document.js';
import type { HostSettings } from '../sdk/wire.js';
import { localBox } from '../realm/affine.js';
import { BitmapStore } from './bitmaps.js';
import { DocumentCanvas } from './canvas.js';
import { PanelFrame, type AddOn } from './frame.js';
import { listenToKeys } from './keyboard.js';
import { layersPanel } from './layers.js';
import { Realm } from './realm.js';
import { samples, type Sample } from './samples.js';
import { panelBar, toolbar } from './toolbar.js';
import { Tools } from './tools.js';
import { wordsFor } from './words.js';

/** Told by the server. */
export interface WorkbenchConfig {
  /** At least one. */
  readonly addOns: readonly AddOn[];
}

/** Hands out a file of the workbench or of an add-on. */
type Fetch = (url: string) => Promise<string>;

declare global {
  interface Window {
    /** The running workbench, for tests and for a look from the console. */
    workbench?: Workbench;
  }
}

/** The parts tests use are `current`, `send`, `renderPage` and `layerFile`. */
export class Workbench {
  readonly bitmaps = new BitmapStore();
  private realm: Realm | null = null;
  private readonly stageElement = Object.assign(document.createElement('div'), { id: 'stage' });
  private readonly canvas = new DocumentCanvas(this.stageElement, this.bitmaps, (c) =>
    this.send(c),
  );
  private readonly tools = new Tools(this.canvas, (command) => this.send(command));
  private frame: PanelFrame | null = null;
  private addOn: AddOn;
  private state = { canUndo: false, canRedo: false, sample: null as Sample | null, problem: '' };
  private theme: 'light' | 'dark' = matchMedia('(prefers-color-scheme: dark)').matches
    ? 'dark'
    : 'light';
  private locale = navigator.language.startsWith('zh') ? 'zh-CN' : 'en-US';
  current: DocumentData | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly config: WorkbenchConfig,
    private readonly fetchText: Fetch,
  ) {
    [this.addOn] = config.addOns;
    this.stageElement.tabIndex = 0;
    this.stageElement.setAttribute('role', 'application');
    this.tools.selected = () => this.current?.selection ?? [];
    this.listen();
  }

  /** Opens the panel, then the first sample photo. */
  async start(): Promise<void> {
    await this.openPanel();
    await this.openSample(samples[0]);
    this.tools.choose('ellipse');
    this.draw();
  }

  /**
   * Opens the panel of a build, or the open one anew, as the host does: with a new document
   * sandbox. The document goes on as it was.
   */
  async openPanel(addOn = this.addOn): Promise<void> {
    const [document_, code] = await Promise.all([
      this.fetchText('realm.js'),
      this.fetchText(`${addOn.origin}/code.js`),
    ]);
    const state = await this.realm?.save();
    this.realm?.end();
    this.frame?.end();
    this.addOn = addOn;
    const sources = { document: document_, code };
    const listener = (message: FromRealm, from: Realm) => this.receive(message, from);
    const realm = await Realm.start(sources, this.bitmaps, listener, state);
    this.realm = realm;
    this.frame = this.openFrame(realm);
    this.draw();
  }

  private openFrame(realm: Realm): PanelFrame {
    return new PanelFrame({
      addOn: this.addOn,
      settings: () => this.settings(),
      toRealm: (message) => realm.post(message),
      isIsolated: new URLSearchParams(location.search).has('isolated'),
      render: (width, height) => this.renderPage(width, height),
    });
  }

  send(command: Command): void {
    this.realm?.post({ kind: 'command', command });
  }

  /** The page as the host renders it: document pixels, or fitted into what is asked for. */
  renderPage(width: number | null, height: number | null): Promise<Blob> {
    const own = this.canvas.size();
    if (width === null && height === null) return this.canvas.render(own.width, own.height);
    return this.canvas.render(width ?? Infinity, height ?? Infinity);
  }

  /**
   * Returns the file behind an image layer: for a fill, the PNG the add-on wrote.
   * Throws: RangeError when there is no such image on the page.
   */
  layerFile(id: string): Blob {
    const layer = this.current && nodeById(this.current.artboard, id);
    const geometry = layer?.children[0]?.geometry;
    if (geometry?.kind !== 'image') throw new RangeError(`${id} is no image on the page`);
    return this.bitmaps.blob(geometry.bitmap);
  }

  async openFile(file: Blob): Promise<void> {
    try {
      const loaded = await this.bitmaps.load(file);
      this.state = { ...this.state, sample: null, problem: '' };
      this.send({ kind: 'open', ...loaded });
    } catch (error) {
      this.state = {
        ...this.state,
        problem: error instanceof Error ? error.message : String(error),
      };
    }
    this.draw();
  }

  async openSample(sample: Sample): Promise<void> {
    const response = await fetch(`samples/${sample.file}`);
    await this.openFile(await response.blob());
    this.state = { ...this.state, sample };
    this.draw();
  }

  private settings(): HostSettings {
    const { theme, locale } = this;
    return { theme, locale, locales: ['en-US', 'zh-CN'], manifest: this.addOn.manifest };
  }

  private receive(message: FromRealm, realm: Realm): void {
    switch (message.kind) {
      case 'reply':
      case 'callPanel':
        return this.frame?.forward(message);
      case 'loadBitmap':
        void this.loadBitmap(message, realm);
        return;
      case 'bitmapData':
        return realm.post({
          kind: 'reply',
          id: message.id,
          value: this.bitmaps.blob(message.bitmap),
        });
      case 'document':
        this.current = message.document;
        this.state = { ...this.state, canUndo: message.canUndo, canRedo: message.canRedo };
        return this.draw();
      case 'saved':
        return;
      default:
        message satisfies never;
    }
  }

  private async loadBitmap(
    { id, blob }: Extract<FromRealm, { kind: 'loadBitmap' }>,
    realm: Realm,
  ): Promise<void> {
    try {
      realm.post({ kind: 'reply', id, value: await this.bitmaps.load(blob as Blob) });
    } catch (error) {
      realm.post({
        kind: 'reply',
        id,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  private setHost(change: { theme?: 'light' | 'dark'; locale?: string }): void {
    this.theme = change.theme ?? this.theme;
    this.locale = change.locale ?? this.locale;
    this.frame?.sendSettings();
    this.draw();
  }

  /** Changes where the selected nodes lie. */
  private transform(change: (node: NodeData) => Matrix): void {
    const changes = (this.current?.artboard.children ?? [])
      .filter(({ id }) => this.current?.selection.includes(id))
      .map((node) => ({ id: node.id, matrix: change(node) }));
    if (changes.length > 0) this.send({ kind: 'transform', changes });
  }

  private nudge(dx: number, dy: number): void {
    this.transform(({ matrix: [a, b, c, d, x, y] }) => [a, b, c, d, x + dx, y + dy]);
  }

  /** Makes what is selected wider and higher, by page units; it keeps its corner. */
  private grow(dx: number, dy: number): void {
    this.transform((node) => {
      const { width, height } = localBox(node);
      const [a, b, c, d, x, y] = node.matrix;
      const [wide, high] = [Math.hypot(a, b) * width, Math.hypot(c, d) * height];
      const [alongX, alongY] = [Math.max(1, wide + dx) / wide, Math.max(1, high + dy) / high];
      return [a * alongX, b * alongX, c * alongY, d * alongY, x, y];
    });
  }

  private readonly actions = {
    choose: (tool: Parameters<Tools['choose']>[0]) => {
      this.tools.choose(tool);
      this.draw();
    },
    undo: () => this.send({ kind: 'undo' }),
    redo: () => this.send({ kind: 'redo' }),
    openFile: (file: File) => void this.openFile(file),
    openSample: (sample: Sample) => void this.openSample(sample),
    setTheme: (theme: 'light' | 'dark') => this.setHost({ theme }),
    setLocale: (locale: string) => this.setHost({ locale }),
    remove: () => this.send({ kind: 'delete', ids: this.current?.selection ?? [] }),
    nudge: (dx: number, dy: number) => this.nudge(dx, dy),
    grow: (dx: number, dy: number) => this.grow(dx, dy),
    drawInMiddle: () => this.tools.drawInMiddle(),
    openPage: (index: number) => this.send({ kind: 'page', index }),
    reloadPanel: () => void this.openPanel(),
    openBuild: (addOn: AddOn) => void this.openPanel(addOn),
    deselect: () => this.send({ kind: 'select', ids: [] }),
  };

  private listen(): void {
    listenToKeys(this.actions);
    window.addEventListener('dragover', (event) => event.preventDefault());
    window.addEventListener('drop', (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file) void this.openFile(file);
    });
  }

  private draw(): void {
    const { state, theme, locale } = this;
    const words = wordsFor(locale);
    document.documentElement.dataset.theme = theme;
    document.documentElement.lang = locale;
    this.stageElement.setAttribute('aria-label', words.canvas);
    if (!this.current || !this.frame) return;
    const { current, addOn } = this;
    const pages = { pages: current.pages, page: current.page };
    const tool = this.tools.active;
    const bar = toolbar({ ...state, ...pages, tool, theme, locale }, words, this.actions);
    const { children } = current.artboard;
    const isBare = children.length === 1 && children[0].geometry.kind === 'media';
    render(
      html`${bar}
        <main>
          ${this.stageElement}
          ${isBare ? html`<p class="hint" data-testid="hint">${words.hint}</p>` : ''}
          ${state.sample ? html`<p class="credit">${state.sample.credit}</p>` : ''}
          ${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : ''}
        </main>
        ${layersPanel(current, words, (command) => this.send(command))}
        <section class="panel" aria-label=${words.build}>
          ${panelBar({ addOn, addOns: this.config.addOns }, words, this.actions)}
          ${this.frame.element}
        </section>`,
      this.root,
    );
    this.canvas.show(this.current);
    this.canvas.setSelecting(this.tools.active === 'select');
  }
}

function nodeById(node: NodeData, id: string): NodeData | undefined {
  if (node.id === id) return node;
  for (const child of node.children) {
    const found = nodeById(child, id);
    if (found) return found;
  }
  return undefined;
}
