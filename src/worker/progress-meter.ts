/** Time per call and time left, from measured calls and what levels cost; nothing is a timer. */
import { callCost, firstPhotoPace, isOfModel, setUpCost } from '../fill/cost.js';
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

/** Calls that were disturbed, or ran before they were compiled, take longer; none takes less. */
function lowerQuartile(recent: readonly number[], first: number): number {
  return [...recent].sort((a, b) => a - b)[Math.floor(recent.length / 4)] ?? first;
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
    const msPerCall = this._measured(level) ?? 0;
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

  /** The first call stands alone until there is another. */
  private _measured(level: number): number | null {
    const times = this._times.get(level);
    if (!times) return null;
    return times.recent.length > 0 ? median(times.recent) : times.first;
  }

  /**
   * Milliseconds for what a call costs: as at the last level of the kind that has made more than its
   * first call, which prepares much. Before that a model's first call, or what the photo usually takes.
   */
  private _pace(level: FillLevel): number {
    const isKin = (other: number) => isOfModel(this._plan.levels[other]) === isOfModel(level);
    const known = [...this._times].filter(([other]) => isKin(other)).reverse();
    const settled = known.find(([, { recent }]) => recent.length > 0);
    const [from] = settled ?? (isOfModel(level) ? known.at(-1) : null) ?? [];
    if (from === undefined) return isOfModel(level) ? 0 : firstPhotoPace;
    const { recent, first } = this._times.get(from)!;
    return lowerQuartile(recent, first) / callCost(this._plan.levels[from], null);
  }

  private _expectedMsPerCall(index: number): number {
    const isSettled = (this._times.get(index)?.recent.length ?? 0) > 0;
    const level = this._plan.levels[index];
    return isSettled ? this._measured(index)! : this._pace(level) * callCost(level, null);
  }

  /** Fills that still begin a level prepare it, too. */
  private _remainingMs({ callsLeft }: CallCount): number {
    return callsLeft.reduce((ms, calls, index) => {
      if (calls === 0) return ms;
      const level = this._plan.levels[index];
      const starts = Math.floor(calls / level.nfe);
      const setUp = starts * setUpCost(level) * (isOfModel(level) ? 0 : this._pace(level));
      return ms + calls * this._expectedMsPerCall(index) + setUp;
    }, 0);
  }
}
