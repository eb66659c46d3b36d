/** The panel opened as a visit of the user's would, over scriptable fakes. */
import { vi } from 'vitest';
import type { AddOnSdk } from '../../src/ui/host/sdk.js';
import { HostLook } from '../../src/ui/host/look.js';
import { keptIn } from '../../src/ui/host/kept.js';
import { Journal } from '../../src/ui/host/journal.js';
import { SelectionBell } from '../../src/ui/host/sandbox-client.js';
// Loaded by the panel itself too: a test need not wait for it.
import '../../src/ui/elements/later.js';
import '../../src/ui/panel.js';
import type { RepaintPanel } from '../../src/ui/panel.js';
import { originalFrame } from '../../src/ui/selection/frame.js';
import { drawRaster } from '../../src/ui/selection/raster.js';
import type { PixelSource } from '../../src/ui/selection/pixels.js';
import { defaultModelId } from '../../src/protocol/model-card.js';
import { firstChoices } from '../../src/ui/fill/choices.js';
import type { ShippedModel } from '../../src/ui/models/model-list.js';
import { Session } from '../../src/ui/session.js';
import type { FakeSandbox } from './fake-host.js';
import type { FakeShelf } from './fake-shelf.js';
import { FakeWorkers } from './fake-worker.js';

/** Waits for a state of the panel, however slow the machine is. */
export function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 30_000 });
}

/** The element that has the keyboard, through all shadow roots. */
export function focused(): string | undefined {
  let active = document.activeElement;
  let testId: string | undefined;
  while (active) {
    testId = (active as HTMLElement).dataset.testid ?? testId;
    active = active.shadowRoot?.activeElement ?? null;
  }
  return testId;
}

/** A blue photo of 400 x 300 pixels. */
const bluePhoto: PixelSource = {
  async read(target) {
    const canvas = new OffscreenCanvas(400, 300);
    const context = canvas.getContext('2d')!;
    context.fillStyle = '#2050a0';
    context.fillRect(0, 0, 400, 300);
    const bitmap = await createImageBitmap(canvas);
    return drawRaster(bitmap, originalFrame(target, bitmap));
  },
};

export async function redPng(width: number, height: number): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d')!;
  context.fillStyle = '#d02020';
  context.fillRect(0, 0, width, height);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Theme and language of a host, and the means to change them. */
export class FakeApp {
  ui = { theme: 'light', locale: 'en-US' };
  private readonly _handlers = new Map<string, (data: never) => void>();

  on(name: string, handler: (data: never) => void): void {
    this._handlers.set(name, handler);
  }

  change(name: 'themechange' | 'localechange', data: object): void {
    this._handlers.get(name)?.(data as never);
  }
}

export interface Visit {
  readonly workers: FakeWorkers;
  readonly bell: SelectionBell;
  readonly app: FakeApp;
  readonly panel: RepaintPanel;
  readonly journal: Journal;
}

/** What outlives a visit. */
export interface Before {
  readonly sandbox: FakeSandbox;
  /** What the host keeps for the add-on. */
  readonly stored: Map<string, unknown>;
  readonly shelf: FakeShelf;
  /** Of the frame's storage; a new one for each visit where none is given. */
  readonly journalName?: string;
  readonly documentId?: string;
  readonly manifestUrl?: string;
  /** A second model that comes with the add-on. */
  readonly second?: ShippedModel;
  readonly pixels?: PixelSource;
}

/** Sessions whose page would be gone by now: they fill no more. */
const earlier: Session[] = [];

export async function visit(before: Before): Promise<Visit> {
  const { sandbox, stored, shelf, pixels = bluePhoto } = before;
  const { manifestUrl = 'https://example.test/model.json' } = before;
  // Most of what is tested is about a model; the photo's own fills have tests that say so.
  if (!stored.has('choices')) stored.set('choices', { ...firstChoices, prior: 'model' });
  const workers = new FakeWorkers();
  const bell = new SelectionBell();
  const app = new FakeApp();
  // A shared journal is for windows that are open beside each other.
  if (before.journalName === undefined) for (const session of earlier.splice(0)) session.turn.end();
  const journal = await Journal.open(before.journalName ?? crypto.randomUUID());
  const session = new Session({
    sandbox,
    bell,
    pixels,
    kept: keptIn({
      getItem: async (key) => stored.get(key),
      setItem: async (key, value) => void stored.set(key, value),
      removeItem: async (key) => void stored.delete(key),
      keys: async () => [...stored.keys()],
    }),
    startWorker: workers.start,
    startShelf: shelf.start,
    journal,
    documentId: before.documentId ?? null,
    shippedModels: [{ id: defaultModelId, manifestUrl }, ...(before.second ? [before.second] : [])],
    version: '1.2.3-test',
  });
  earlier.push(session);
  const panel = document.createElement('repaint-panel');
  const look = new HostLook({ app } as unknown as AddOnSdk);
  Object.assign(panel, { session, look });
  document.body.append(panel);
  await session.start();
  await panel.updateComplete;
  return { workers, bell, app, panel, journal };
}
