/** Follows the host's selection: what is marked now, or why nothing can be filled. */
import type { SelectionReading } from '../../protocol/sandbox-api.js';
import type { SandboxClient } from '../host/sandbox-client.js';
import { Observed } from '../observed.js';
import { problemOf, type Problem } from '../problem.js';
import type { PixelSource } from './pixels.js';
import { markRegion, type Region } from './region.js';

export type SelectionState =
  | { readonly kind: 'reading' }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'ready'; readonly region: Region };

/** The host sends many changes while the user drags. */
const debounceMs = 120;
/** The first click into the panel may see an empty selection for a moment. */
const emptyRetries = 6;
const emptyRetryMs = 60;

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Reads the selection when told that it changed; readings that come late are dropped. */
export class SelectionWatch extends Observed {
  state: SelectionState = { kind: 'reading' };
  private _reading = 0;
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly _sandbox: Pick<SandboxClient, 'readSelection'>,
    private readonly _pixels: PixelSource,
  ) {
    super();
  }

  /** Reads soon, once, however often it is called. */
  changedSoon(): void {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this.read(), debounceMs);
  }

  /** `isFresh` reads the pixels anew, too, though nothing seems to have changed. */
  async read(isFresh = false): Promise<void> {
    const reading = ++this._reading;
    const state = await this._readState(() => reading === this._reading, isFresh);
    if (reading !== this._reading) return;
    this.state = state;
    this.changed();
  }

  private async _readState(isCurrent: () => boolean, isFresh: boolean): Promise<SelectionState> {
    try {
      const selection = await this._readSelection(isCurrent);
      if (selection.status === 'problem') {
        this._pixels.lookAhead?.(selection.backdrop);
        return { kind: 'problem', problem: { code: selection.problem } };
      }
      const { target, shapes, backdrop } = selection;
      const raster = await this._pixels.read(target, backdrop, isFresh);
      return { kind: 'ready', region: markRegion(target, shapes, raster) };
    } catch (error) {
      return { kind: 'problem', problem: problemOf(error, 'imageUnreadable') };
    }
  }

  private async _readSelection(isCurrent: () => boolean): Promise<SelectionReading> {
    for (let retry = 0; ; retry++) {
      const selection = await this._sandbox.readSelection();
      const isEmpty = selection.status === 'problem' && selection.problem === 'noSelection';
      if (!isEmpty || retry === emptyRetries || !isCurrent()) return selection;
      await wait(emptyRetryMs);
    }
  }
}
