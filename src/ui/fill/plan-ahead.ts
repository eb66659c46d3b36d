/** Tells the worker what the next fill will need, once the user's choices have settled. */
import type { ToWorker } from '../../protocol/worker-api.js';
import type { PlanState } from './plan-state.js';

/** Choices that follow each other faster than this are one. */
const settledAfterMs = 400;

type Prepare = Extract<ToWorker, { kind: 'prepare' }>;

/** Posts each plan once. */
export class PlanAhead {
  private _posted: string | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly _post: (message: Prepare) => void) {}

  /** Takes note of what is planned now; while jobs run there is nothing to prepare. */
  look(planned: PlanState, fills: number, isBusy: boolean): void {
    clearTimeout(this._timer);
    // A model that loads anew has nothing prepared.
    if (planned.kind === 'none') this._posted = null;
    if (planned.kind !== 'planned' || isBusy) return;
    const { plan, settings } = planned;
    const { classLabel, guidanceScale } = settings;
    const sizes = plan.levels.map(({ width, height }) => [width, height]);
    const key = JSON.stringify([sizes, classLabel, guidanceScale, fills]);
    if (key === this._posted) return;
    this._timer = setTimeout(() => {
      this._posted = key;
      this._post({ kind: 'prepare', plan, settings, fills });
    }, settledAfterMs);
  }
}
