/** Time per call and time left, from measured calls and the plan's sizes; nothing is a timer. */
import { median } from '../engine/warm-up.js';
import type { FillLevel, FillPlan, FillProgress } from '../protocol/fill.js';

/** Calls the median is taken over. */
const windowCalls = 15;

/** A network call that has been made for each image of a batch. */
export interface CallCount {
  readonly fill: number;
  readonly batch: number;
  readonly level: number;
  /** Over all fills of the request. */
  readonly nfe: number;
  readonly nfeTotal: number;
  /** At each level, over all fills. */
  readonly callsLeft: readonly number[];
}

/** The ms per call seen at one level. */
interface LevelTimes {
  /** The first call at a size also loads the network for it; used until there is another. */
  readonly first: number;
  readonly recent: readonly number[];
}

function pixels(level: FillLevel): number {
  return level.width * level.height;
}

/** Watches one request from its start to its last call. */
export class ProgressMeter {
  private readonly _times = new Map<number, LevelTimes>();
  private _last: { readonly at: number; readonly call: CallCount | null };

  /** `startedAt` and later times: ms of one clock. */
  constructor(
    private readonly _plan: FillPlan,
    private readonly _fills: number,
    startedAt: number,
  ) {
    this._last = { at: startedAt, call: null };
  }

  /** Takes note of the calls made since the last count. */
  count(call: CallCount, at: number): FillProgress {
    this._record(call, at);
    const { fill, batch, level, nfe, nfeTotal } = call;
    const msPerCall = this._expectedMsPerCall(level);
    const remainingMs = this._remainingMs(call);
    return { fill, batch, fills: this._fills, level, nfe, nfeTotal, msPerCall, remainingMs };
  }

  private _record(call: CallCount, at: number): void {
    const last = this._last;
    this._last = { at, call };
    // Nothing before the first: a resumed request starts in the middle.
    const calls = last.call ? Math.max(1, call.nfe - last.call.nfe) : call.batch;
    const ms = (at - last.at) / calls;
    const seen = this._times.get(call.level);
    const isSameWalk = last.call?.level === call.level && last.call.fill === call.fill;
    if (!seen) this._times.set(call.level, { first: ms, recent: [] });
    else if (isSameWalk) {
      const recent = [...seen.recent, ms].slice(-windowCalls);
      this._times.set(call.level, { ...seen, recent });
    }
  }

  /** Measured where the level has been seen, else scaled by pixels from the last one that was. */
  private _expectedMsPerCall(level: number): number {
    for (let known = level; known >= 0; known--) {
      const times = this._times.get(known);
      if (!times) continue;
      const ms = times.recent.length > 0 ? median(times.recent) : times.first;
      return (ms * pixels(this._plan.levels[level])) / pixels(this._plan.levels[known]);
    }
    return 0;
  }

  private _remainingMs({ callsLeft }: CallCount): number {
    return callsLeft.reduce(
      (ms, calls, level) => (calls > 0 ? ms + calls * this._expectedMsPerCall(level) : ms),
      0,
    );
  }
}
