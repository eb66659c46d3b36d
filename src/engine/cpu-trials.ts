/** Tries batches with a network whose tensors are on the CPU. Node and the browser share it. */
import type { ImageShape, Network, NetworkCall } from '../core/network.js';
import type { BatchQuestion } from '../protocol/fill.js';
import { checkIdle, type BatchTrials, type IdleTime } from './batch-chooser.js';

/** The first call of a shape plans its memory and is not counted. */
const uncountedCalls = 1;
const countedCalls = 2;

/** Where the network comes from, and what one without classes is told. */
export interface CpuTrialsOptions {
  readonly network: (shape: ImageShape) => Promise<Network>;
  readonly nullClassLabel: number | null;
  /** ms of a call for each pixel of one image; null before any was measured. */
  readonly msPerPixel: () => number | null;
  readonly release: (shape: ImageShape) => Promise<void>;
}

/** Shape of the network's batch: a guided step makes its two calls one after the other. */
export function batchShape({ shape }: BatchQuestion, images: number): ImageShape {
  return [images, shape[1], shape[2], shape[3]];
}

/** Memory is the system's, which swaps before it fails: it is not estimated. */
export class CpuTrials implements BatchTrials {
  readonly callsPerTrial = uncountedCalls + countedCalls;
  readonly openMs = 0;
  readonly joinsGuidedCalls = false;

  constructor(private readonly _options: CpuTrialsOptions) {}

  msPerPixel(): number | null {
    return this._options.msPerPixel();
  }

  fits(): boolean {
    return true;
  }

  async open(question: BatchQuestion, images: number): Promise<void> {
    await this._options.network(batchShape(question, images));
  }

  async measure(question: BatchQuestion, images: number, idle: IdleTime | null): Promise<number> {
    const shape = batchShape(question, images);
    const network = await this._options.network(shape);
    const call = () => {
      checkIdle(idle);
      return network.predict(idleCall(shape, this._options.nullClassLabel));
    };
    for (let i = 0; i < uncountedCalls; i++) await call();
    const times: number[] = [];
    for (let i = 0; i < countedCalls; i++) {
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
    // The least: whatever else the machine does only adds.
    return question.callsPerStep * Math.min(...times);
  }

  release(question: BatchQuestion, images: number): Promise<void> {
    return this._options.release(batchShape(question, images));
  }
}

/** A call whose answer nobody needs: of any class, where there is none for "no class". */
export function idleCall(shape: ImageShape, nullClassLabel: number | null): NetworkCall {
  return {
    xt: new Float32Array(shape[0] * shape[1] * shape[2] * shape[3]),
    shape,
    timestep: 500,
    classLabels: new Int32Array(shape[0]).fill(nullClassLabel ?? 0),
  };
}
