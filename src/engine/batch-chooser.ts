/**
 * How many images to give the network at once: tried at each size, and remembered. A batch pays
 * where one image leaves the machine idle, which no table of devices can tell.
 */
import type { BatchQuestion } from '../protocol/fill.js';

/** The largest batch ever tried: the most fills the panel offers. */
const maxBatch = 4;
/** A larger batch must take less time per image than this part of the smaller one's. */
const worthwhile = 0.95;
/** Part of the planned time that trying may take while the user waits. */
const triesShare = 0.05;
/** Longer calls are not asked for: progress and cancel wait for them, and drivers reset a GPU. */
const longestCallMs = 500;

/** What a backend does to try a batch. */
export interface BatchTrials {
  /** Network calls of one trial. */
  readonly callsPerTrial: number;
  /** What opening a session takes, ms. */
  readonly openMs: number;
  /** True where a guided step's two calls are one of twice the images. */
  readonly joinsGuidedCalls: boolean;
  /** Expected ms of a call for each pixel of one image; null before any call was measured. */
  msPerPixel(): number | null;
  /** Whether so many images can be expected to fit into memory. */
  fits(question: BatchQuestion, images: number): boolean;
  /** Loads what the batch needs. Throws: where it cannot. */
  open(question: BatchQuestion, images: number): Promise<void>;
  /**
   * Measured ms of a step's calls for the whole batch.
   * Throws: where it fails, and between two calls when the idle time is over.
   */
  measure(question: BatchQuestion, images: number, idle: IdleTime | null): Promise<number>;
  /** Lets go of a batch that will not be used. */
  release(question: BatchQuestion, images: number): Promise<void>;
}

/** While nobody waits anything may be tried, until somebody does. */
export interface IdleTime {
  readonly isOver: boolean;
}

/** Throws: Error when somebody waits by now. */
export function checkIdle(idle: IdleTime | null): void {
  if (idle?.isOver) throw new Error('The idle time is over.');
}

/** Returns batches that leave no fill over, smallest first; where none does, the largest. */
export function batchSizes(fills: number): number[] {
  const all = Array.from({ length: Math.min(fills, maxBatch) }, (_, k) => k + 1);
  const even = all.filter((size) => fills % size === 0);
  return even.length > 1 || fills === 1 ? even : [1, maxBatch];
}

/** Tries batches and remembers each outcome for as long as the model is loaded. */
export class BatchChooser {
  /** Milliseconds per image; Infinity = failed, never to be tried again. */
  private readonly _msPerImage = new Map<string, number>();

  constructor(private readonly _trials: BatchTrials) {}

  /**
   * Returns the largest batch that is clearly faster per image than the smaller ones.
   * With `idle`, time is free until it is over; without, a trial must be small beside the plan.
   * Never throws.
   */
  async choose(question: BatchQuestion, idle: IdleTime | null = null): Promise<number> {
    const sizes = batchSizes(question.fills);
    let best = 1;
    const tried: number[] = [];
    for (const [k, size] of sizes.entries()) {
      if (!this._isKnown(question, size)) {
        if (!this._mayTry(question, size, sizes[k + 1], idle)) break;
        tried.push(size);
        await this._try(question, size, idle);
      }
      const bar = size === 1 ? Infinity : worthwhile * this._ms(question, best);
      if (!(this._ms(question, size) < bar)) break;
      best = size;
    }
    for (const size of tried.filter((it) => it !== best)) {
      await this._trials.release(question, size).catch(() => undefined);
    }
    return best;
  }

  /** Remembers that a batch failed, and lets go of what it holds. Never throws. */
  async reject(question: BatchQuestion, images: number): Promise<void> {
    this._msPerImage.set(keyOf(question, images), Infinity);
    await this._trials.release(question, images).catch(() => undefined);
  }

  private async _try(
    question: BatchQuestion,
    images: number,
    idle: IdleTime | null,
  ): Promise<void> {
    let isOpen = false;
    try {
      await this._trials.open(question, images);
      isOpen = true;
      const ms = await this._trials.measure(question, images, idle);
      this._msPerImage.set(keyOf(question, images), ms / images);
    } catch {
      // A measurement that was broken off says nothing about the batch.
      if (!isOpen || !idle?.isOver) await this.reject(question, images);
    }
  }

  /** One image alone is tried only where another batch may be compared with it. */
  private _mayTry(
    question: BatchQuestion,
    images: number,
    next: number | undefined,
    idle: IdleTime | null,
  ): boolean {
    if (images === 1) {
      const isWanted = next !== undefined && this._isWorthTrying(question, next, idle);
      return isWanted && this._trials.fits(question, 1);
    }
    return this._isWorthTrying(question, images, idle) && this._trials.fits(question, images);
  }

  private _isWorthTrying(question: BatchQuestion, images: number, idle: IdleTime | null): boolean {
    if (idle?.isOver || this._callMs(question, images) > longestCallMs) return false;
    const isAloneKnown = this._isKnown(question, 1);
    return idle !== null || this._isCheap(question, isAloneKnown ? images : images + 1);
  }

  /** `images`: of all trials still to be made. */
  private _isCheap(question: BatchQuestion, images: number): boolean {
    const { callsPerTrial, openMs } = this._trials;
    const ms = this._oneImageMs(question);
    const calls = callsPerTrial * images * question.callsPerStep;
    const affordable = triesShare * question.nfe;
    return ms === null ? calls <= affordable : openMs + calls * ms <= affordable * ms;
  }

  /** Of the call itself, 0 where nothing is known yet. */
  private _callMs(question: BatchQuestion, images: number): number {
    const joined = this._trials.joinsGuidedCalls ? question.callsPerStep : 1;
    return images * joined * (this._oneImageMs(question) ?? 0);
  }

  /** ms of one network call for one image. */
  private _oneImageMs(question: BatchQuestion): number | null {
    const alone = this._ms(question, 1);
    if (Number.isFinite(alone)) return alone / question.callsPerStep;
    const msPerPixel = this._trials.msPerPixel();
    const [, , height, width] = question.shape;
    return msPerPixel === null ? null : msPerPixel * height * width;
  }

  private _isKnown(question: BatchQuestion, images: number): boolean {
    return this._msPerImage.has(keyOf(question, images));
  }

  private _ms(question: BatchQuestion, images: number): number {
    return this._msPerImage.get(keyOf(question, images)) ?? Infinity;
  }
}

function keyOf({ shape, callsPerStep }: BatchQuestion, images: number): string {
  return `${images}x${callsPerStep}x${shape.slice(1).join('x')}`;
}
