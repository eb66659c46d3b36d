/** The editor page: one document in its realm, a canvas, the layers, and the add-on's panel. */
import { html, render } from 'lit';
import type { Command, DocumentData, FromRealm, Matrix, NodeData } from '../document.js';
import type { HostSettings } from '../sdk/wire.js';
import { BitmapStore } from './bitmaps.js';
import { DocumentCanvas } from './canvas.js';
import { PanelFrame } from './frame.js';
import { listenToKeys } from './keyboard.js';
import { layersPanel } from './layers.js';
import { Realm, type RealmSources } from './realm.js';
import { samples, type Sample } from './samples.js';
import { toolbar } from './toolbar.js';
import { Tools } from './tools.js';
import { wordsFor } from './words.js';

/** Told by the server. */
export interface WorkbenchConfig {
  readonly addOnOrigin: string;
  readonly manifest: Record<string, unknown>;
}

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
  private readonly frame: PanelFrame;
  private state = { canUndo: false, canRedo: false, sample: null as Sample | null, problem: '' };
  private theme: 'light' | 'dark' = matchMedia('(prefers-color-scheme: dark)').matches
    ? 'dark'
    : 'light';
  private locale = navigator.language.startsWith('zh') ? 'zh-CN' : 'en-US';
  current: DocumentData | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly config: WorkbenchConfig,
  ) {
    this.stageElement.tabIndex = 0;
    this.tools.selected = () => this.current?.selection ?? [];
    this.frame = new PanelFrame({
      origin: config.addOnOrigin,
      settings: () => this.settings(),
      toRealm: (message) => this.realm?.post(message),
      isIsolated: new URLSearchParams(location.search).has('isolated'),
      render: (width, height) => this.renderPage(width, height),
    });
    this.listen();
  }

  /** Starts the realm, then opens the first sample photo. */
  async start(sources: RealmSources): Promise<void> {
    this.realm = await Realm.start(sources, this.bitmaps, (message) => this.receive(message));
    await this.openSample(samples[0]);
    this.tools.choose('ellipse');
    this.draw();
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
    return { theme, locale, locales: ['en-US', 'zh-CN'], manifest: this.config.manifest };
  }

  private receive(message: FromRealm): void {
    switch (message.kind) {
      case 'reply':
      case 'callPanel':
        return this.frame.forward(message);
      case 'loadBitmap':
        void this.loadBitmap(message);
        return;
      case 'bitmapData':
        return this.realm?.post({
          kind: 'reply',
          id: message.id,
          value: this.bitmaps.blob(message.bitmap),
        });
      case 'document':
        this.current = message.document;
        this.state = { ...this.state, canUndo: message.canUndo, canRedo: message.canRedo };
        return this.draw();
      default:
        message satisfies never;
    }
  }

  private async loadBitmap({
    id,
    blob,
  }: Extract<FromRealm, { kind: 'loadBitmap' }>): Promise<void> {
    try {
      this.realm?.post({ kind: 'reply', id, value: await this.bitmaps.load(blob as Blob) });
    } catch (error) {
      this.realm?.post({
        kind: 'reply',
        id,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  private setHost(change: { theme?: 'light' | 'dark'; locale?: string }): void {
    this.theme = change.theme ?? this.theme;
    this.locale = change.locale ?? this.locale;
    this.frame.sendSettings();
    this.draw();
  }

  private nudge(dx: number, dy: number): void {
    const changes = (this.current?.artboard.children ?? [])
      .filter(({ id }) => this.current?.selection.includes(id))
      .map(({ id, matrix: [a, b, c, d, x, y] }) => {
        const matrix: Matrix = [a, b, c, d, x + dx, y + dy];
        return { id, matrix };
      });
    if (changes.length > 0) this.send({ kind: 'transform', changes });
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
    const bar = toolbar({ ...state, tool: this.tools.active, theme, locale }, words, this.actions);
    if (!this.current) return;
    render(
      html`${bar}
        <main>
          ${this.stageElement}
          ${state.sample ? html`<p class="credit">${state.sample.credit}</p>` : ''}
          ${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : ''}
        </main>
        ${layersPanel(this.current, words, (command) => this.send(command))} ${this.frame.element}`,
      this.root,
    );
    this.canvas.show(this.current);
    this.canvas.setDraggable(this.tools.active === 'select');
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
