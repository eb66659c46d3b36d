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
  private readonly rows: FillRow[] = [];
  private readonly times: number[][];
  private readonly bar: SingleBar | null;
  private last = performance.now();
  private nfe = 0;

  constructor(
    private readonly plan: FillPlan,
    seeds: readonly number[],
    private readonly modelId: string,
    private readonly device: string,
    private readonly isJson: boolean,
  ) {
    this.times = plan.levels.map(() => []);
    this.bar = isJson ? null : startBar(plan.nfe * seeds.length);
  }

  call(event: Extract<FillEvent, { kind: 'call' }>): void {
    const now = performance.now();
    // A guided step reports its two calls at once, a batch one for each image; what is made again
    // because memory ran out counts anew.
    const calls = event.nfe > this.nfe ? event.nfe - this.nfe : event.batch;
    this.times[event.level].push((now - this.last) / calls);
    this.last = now;
    this.nfe = event.nfe;
    this.bar?.update(event.nfe, { fill: event.fill + 1 });
  }

  filled(row: FillRow): void {
    this.rows.push(row);
    this.last = performance.now();
  }

  /** Stops the bar and prints what there is, also after a failure. */
  end(): void {
    this.bar?.stop();
    if (this.isJson) console.log(JSON.stringify(this.summary(), null, 2));
    else this.print();
  }

  private summary() {
    const { contextBounds, maskBounds, levels, nfe } = this.plan;
    return {
      model: this.modelId,
      device: this.device,
      contextBounds,
      maskBounds,
      nfe,
      levels: levels.map((level, k) => ({
        width: level.width,
        height: level.height,
        nfe: level.nfe,
        msPerCall: this.times[k].length > 0 ? Number(median(this.times[k]).toFixed(2)) : 0,
      })),
      fills: this.rows,
    };
  }

  private print(): void {
    const { levels, nfe, fills, device } = this.summary();
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
