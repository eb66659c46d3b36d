/** What the user of `repaint-fill fill` reads: a progress bar on stderr, results on stdout. */
import { SingleBar } from 'cli-progress';
import { median } from '../engine/warm-up.js';
import type { FillEvent } from '../fill/run.js';
import type { FillPlan } from '../protocol/fill.js';

interface FillRow {
  readonly seed: number;
  readonly files: readonly string[];
}

/** Counts calls and their measured times, level by level. */
export class FillReport {
  private readonly _rows: FillRow[] = [];
  private readonly _times: number[][];
  private readonly _bar: SingleBar | null;
  private _last = performance.now();
  private _nfe = 0;

  constructor(
    private readonly _plan: FillPlan,
    seeds: readonly number[],
    private readonly _modelId: string,
    private readonly _device: string,
    private readonly _isJson: boolean,
  ) {
    this._times = _plan.levels.map(() => []);
    this._bar = _isJson ? null : startBar(_plan.nfe * seeds.length);
  }

  call(event: Extract<FillEvent, { kind: 'call' }>): void {
    const now = performance.now();
    // A guided step reports its two calls at once, a batch one for each image; what is made again
    // because memory ran out counts anew.
    const calls = event.nfe > this._nfe ? event.nfe - this._nfe : event.batch;
    this._times[event.level].push((now - this._last) / calls);
    this._last = now;
    this._nfe = event.nfe;
    this._bar?.update(event.nfe, { fill: event.fill + 1 });
  }

  filled(row: FillRow): void {
    this._rows.push(row);
    this._last = performance.now();
  }

  /** Stops the bar and prints what there is, also after a failure. */
  end(): void {
    this._bar?.stop();
    if (this._isJson) console.log(JSON.stringify(this._summary(), null, 2));
    else this._print();
  }

  private _summary() {
    const { contextBounds, maskBounds, levels, nfe } = this._plan;
    return {
      model: this._modelId,
      device: this._device,
      contextBounds,
      maskBounds,
      nfe,
      levels: levels.map((level, k) => ({
        width: level.width,
        height: level.height,
        nfe: level.nfe,
        msPerCall: this._times[k].length > 0 ? Number(median(this._times[k]).toFixed(2)) : 0,
      })),
      fills: this._rows,
    };
  }

  private _print(): void {
    const { levels, nfe, fills, device } = this._summary();
    for (const { seed, files } of fills) console.log(`seed ${seed}: ${files.join(', ')}`);
    const parts = levels.map((l) => `${l.nfe} at ${l.width}x${l.height} (${l.msPerCall} ms)`);
    console.log(`${nfe} calls a fill: ${parts.join(', ')}; ${device}`);
  }
}

function startBar(total: number): SingleBar {
  const bar = new SingleBar({
    format: 'fill {fill} [{bar}] {value}/{total} calls, {eta_formatted} left',
    etaBuffer: 50,
    hideCursor: true,
  });
  bar.start(total, 0, { fill: 1 });
  return bar;
}
