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
  private _realm: Realm | null = null;
  private readonly _stageElement = Object.assign(document.createElement('div'), { id: 'stage' });
  private readonly _canvas = new DocumentCanvas(this._stageElement, this.bitmaps, (c) =>
    this.send(c),
  );
  private readonly _tools = new Tools(this._canvas, (command) => this.send(command));
  private _frame: PanelFrame | null = null;
  private _addOn: AddOn;
  private _state = { canUndo: false, canRedo: false, sample: null as Sample | null, problem: '' };
  private _theme: 'light' | 'dark' = matchMedia('(prefers-color-scheme: dark)').matches
    ? 'dark'
    : 'light';
  private _locale = navigator.language.startsWith('zh') ? 'zh-CN' : 'en-US';
  current: DocumentData | null = null;

  constructor(
    private readonly _root: HTMLElement,
    private readonly _config: WorkbenchConfig,
    private readonly _fetchText: Fetch,
  ) {
    [this._addOn] = _config.addOns;
    this._stageElement.tabIndex = 0;
    this._stageElement.setAttribute('role', 'application');
    this._tools.selected = () => this.current?.selection ?? [];
    this._listen();
  }

  /** Opens the panel, then the first sample photo. */
  async start(): Promise<void> {
    await this.openPanel();
    await this.openSample(samples[0]);
    this._tools.choose('ellipse');
    this._draw();
  }

  /**
   * Opens the panel of a build, or the open one anew, as the host does: with a new document
   * sandbox. The document goes on as it was.
   */
  async openPanel(addOn = this._addOn): Promise<void> {
    const [document_, code] = await Promise.all([
      this._fetchText('realm.js'),
      this._fetchText(`${addOn.origin}/code.js`),
    ]);
    const state = await this._realm?.save();
    this._realm?.end();
    this._frame?.end();
    this._addOn = addOn;
    const sources = { document: document_, code };
    const listener = (message: FromRealm, from: Realm) => this._receive(message, from);
    const realm = await Realm.start(sources, this.bitmaps, listener, state);
    this._realm = realm;
    this._frame = this._openFrame(realm);
    this._draw();
  }

  private _openFrame(realm: Realm): PanelFrame {
    return new PanelFrame({
      addOn: this._addOn,
      settings: () => this._settings(),
      toRealm: (message) => realm.post(message),
      isIsolated: new URLSearchParams(location.search).has('isolated'),
      render: (width, height) => this.renderPage(width, height),
    });
  }

  send(command: Command): void {
    this._realm?.post({ kind: 'command', command });
  }

  /** The page as the host renders it: document pixels, or fitted into what is asked for. */
  renderPage(width: number | null, height: number | null): Promise<Blob> {
    const own = this._canvas.size();
    if (width === null && height === null) return this._canvas.render(own.width, own.height);
    return this._canvas.render(width ?? Infinity, height ?? Infinity);
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
      this._state = { ...this._state, sample: null, problem: '' };
      this.send({ kind: 'open', ...loaded });
    } catch (error) {
      this._state = {
        ...this._state,
        problem: error instanceof Error ? error.message : String(error),
      };
    }
    this._draw();
  }

  async openSample(sample: Sample): Promise<void> {
    const response = await fetch(`samples/${sample.file}`);
    await this.openFile(await response.blob());
    this._state = { ...this._state, sample };
    this._draw();
  }

  private _settings(): HostSettings {
    const { _theme: theme, _locale: locale } = this;
    return { theme, locale, locales: ['en-US', 'zh-CN'], manifest: this._addOn.manifest };
  }

  private _receive(message: FromRealm, realm: Realm): void {
    switch (message.kind) {
      case 'reply':
      case 'callPanel':
        return this._frame?.forward(message);
      case 'loadBitmap':
        void this._loadBitmap(message, realm);
        return;
      case 'bitmapData':
        return realm.post({
          kind: 'reply',
          id: message.id,
          value: this.bitmaps.blob(message.bitmap),
        });
      case 'document':
        this.current = message.document;
        this._state = { ...this._state, canUndo: message.canUndo, canRedo: message.canRedo };
        return this._draw();
      case 'saved':
        return;
      default:
        message satisfies never;
    }
  }

  private async _loadBitmap(
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

  private _setHost(change: { theme?: 'light' | 'dark'; locale?: string }): void {
    this._theme = change.theme ?? this._theme;
    this._locale = change.locale ?? this._locale;
    this._frame?.sendSettings();
    this._draw();
  }

  /** Changes where the selected nodes lie. */
  private _transform(change: (node: NodeData) => Matrix): void {
    const changes = (this.current?.artboard.children ?? [])
      .filter(({ id }) => this.current?.selection.includes(id))
      .map((node) => ({ id: node.id, matrix: change(node) }));
    if (changes.length > 0) this.send({ kind: 'transform', changes });
  }

  private _nudge(dx: number, dy: number): void {
    this._transform(({ matrix: [a, b, c, d, x, y] }) => [a, b, c, d, x + dx, y + dy]);
  }

  /** Makes what is selected wider and higher, by page units; it keeps its corner. */
  private _grow(dx: number, dy: number): void {
    this._transform((node) => {
      const { width, height } = localBox(node);
      const [a, b, c, d, x, y] = node.matrix;
      const [wide, high] = [Math.hypot(a, b) * width, Math.hypot(c, d) * height];
      const [alongX, alongY] = [Math.max(1, wide + dx) / wide, Math.max(1, high + dy) / high];
      return [a * alongX, b * alongX, c * alongY, d * alongY, x, y];
    });
  }

  private readonly _actions = {
    choose: (tool: Parameters<Tools['choose']>[0]) => {
      this._tools.choose(tool);
      this._draw();
    },
    undo: () => this.send({ kind: 'undo' }),
    redo: () => this.send({ kind: 'redo' }),
    openFile: (file: File) => void this.openFile(file),
    openSample: (sample: Sample) => void this.openSample(sample),
    setTheme: (theme: 'light' | 'dark') => this._setHost({ theme }),
    setLocale: (locale: string) => this._setHost({ locale }),
    remove: () => this.send({ kind: 'delete', ids: this.current?.selection ?? [] }),
    nudge: (dx: number, dy: number) => this._nudge(dx, dy),
    grow: (dx: number, dy: number) => this._grow(dx, dy),
    drawInMiddle: () => this._tools.drawInMiddle(),
    openPage: (index: number) => this.send({ kind: 'page', index }),
    reloadPanel: () => void this.openPanel(),
    openBuild: (addOn: AddOn) => void this.openPanel(addOn),
    deselect: () => this.send({ kind: 'select', ids: [] }),
  };

  private _listen(): void {
    listenToKeys(this._actions);
    window.addEventListener('dragover', (event) => event.preventDefault());
    window.addEventListener('drop', (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file) void this.openFile(file);
    });
  }

  private _draw(): void {
    const { _state: state, _theme: theme, _locale: locale } = this;
    const words = wordsFor(locale);
    document.documentElement.dataset.theme = theme;
    document.documentElement.lang = locale;
    this._stageElement.setAttribute('aria-label', words.canvas);
    if (!this.current || !this._frame) return;
    const { current, _addOn: addOn } = this;
    const pages = { pages: current.pages, page: current.page };
    const tool = this._tools.active;
    const bar = toolbar({ ...state, ...pages, tool, theme, locale }, words, this._actions);
    const { children } = current.artboard;
    const isBare = children.length === 1 && children[0].geometry.kind === 'media';
    render(
      html`${bar}
        <main>
          ${this._stageElement}
          ${isBare ? html`<p class="hint" data-testid="hint">${words.hint}</p>` : ''}
          ${state.sample ? html`<p class="credit">${state.sample.credit}</p>` : ''}
          ${state.problem ? html`<p class="problem" role="alert">${state.problem}</p>` : ''}
        </main>
        ${layersPanel(current, words, (command) => this.send(command))}
        <section class="panel" aria-label=${words.build}>
          ${panelBar({ addOn, addOns: this._config.addOns }, words, this._actions)}
          ${this._frame.element}
        </section>`,
      this._root,
    );
    this._canvas.show(this.current);
    this._canvas.setSelecting(this._tools.active === 'select');
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
