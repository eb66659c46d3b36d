/** Networks for replaying a trace: what was recorded, and the closed-form one of the README. */
import { trainingAlphasCumprod } from '../../core/diffusion.js';
import { guidedDiffusionConfig } from '../../core/guided-diffusion-config.js';
import type { GradientModel, Network, NetworkCall } from '../../core/network.js';
import type { CaseTensors } from './case-files.js';
import type { RecordedWalk } from './trace-file.js';

/** Answers what the official network answered, and keeps what it was asked. */
export class RecordedNetwork implements Network, GradientModel {
  /** Row of the recorded calls to answer with. */
  call = 0;
  lastInput: NetworkCall | null = null;

  constructor(private readonly _tensors: CaseTensors) {}

  async predict(call: NetworkCall): Promise<Float32Array> {
    this.lastInput = { ...call, xt: call.xt.slice() };
    return this._tensors.row('model_out', this.call);
  }

  /** The recorded gradient holds the classifier scale already. */
  async gradient(): Promise<Float32Array> {
    return this._tensors.row('cond_grad', this.call);
  }
}

/**
 * The traces' closed-form network, per channel: s = mean of x and its four neighbours (wrapping),
 * then (x - a s) / sqrt(1 - a), or sqrt(a) s where the clean image is predicted; then tanh(x).
 */
export class AnalyticNetwork implements Network {
  private readonly _alphas: Float64Array;

  constructor(private readonly _conf: RecordedWalk['conf']) {
    this._alphas = trainingAlphasCumprod(guidedDiffusionConfig(_conf));
  }

  async predict({ xt, shape, timestep }: NetworkCall): Promise<Float32Array> {
    const [n, c, h, w] = shape;
    const perImage = this._conf.learn_sigma ? 2 * c : c;
    const out = new Float32Array(n * perImage * h * w);
    const predict = this._predictor(timestep);
    for (let plane = 0; plane < n * c; plane++) {
      const x = xt.subarray(plane * h * w, (plane + 1) * h * w);
      const at = (Math.floor(plane / c) * perImage + (plane % c)) * h * w;
      out.set(
        Float32Array.from(x, (value, i) => predict(value, crossMean(x, i, h, w))),
        at,
      );
      if (this._conf.learn_sigma) out.set(x.map(Math.tanh), at + c * h * w);
    }
    return out;
  }

  private _predictor(timestep: number): (x: number, s: number) => number {
    const base = this._conf.rescale_timesteps
      ? Math.round((timestep * this._conf.diffusion_steps) / 1000)
      : timestep;
    const a = this._alphas[base];
    if (this._conf.predict_xstart) return (_x, s) => Math.sqrt(a) * s;
    return (x, s) => (x - a * s) / Math.sqrt(1 - a);
  }
}

function crossMean(x: Float32Array, i: number, h: number, w: number): number {
  const row = Math.floor(i / w);
  const column = i % w;
  const up = ((row + h - 1) % h) * w + column;
  const down = ((row + 1) % h) * w + column;
  const left = row * w + ((column + w - 1) % w);
  const right = row * w + ((column + 1) % w);
  return (x[i] + x[up] + x[down] + x[left] + x[right]) / 5;
}
