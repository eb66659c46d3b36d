/** How fast each model was when it was last loaded on this machine. */
import { z } from 'zod';
import type { ModelSpeed } from '../../protocol/model-shelf-api.js';
import type { DeviceInfo } from '../../protocol/worker-api.js';
import type { Kept } from '../host/kept.js';
import { deviceText } from '../text/names.js';

const speedsKey = 'speeds';
const deviceSchema = z.object({
  backend: z.enum(['webgpu', 'wasm']),
  description: z.string(),
  precision: z.enum(['float32', 'float16']),
});
const speedsSchema = z.record(
  z.string(),
  z.object({ msPerCall: z.number().positive(), device: deviceSchema }),
);

type Speeds = z.infer<typeof speedsSchema>;

export class ModelSpeeds {
  private _speeds: Speeds = {};

  constructor(private readonly _kept: Kept) {}

  async restore(): Promise<void> {
    const parsed = speedsSchema.safeParse(await this._kept.read(speedsKey));
    if (parsed.success) this._speeds = parsed.data;
  }

  /** In the panel's language of now. */
  of(id: string): ModelSpeed | null {
    const speed = this._speeds[id];
    return speed ? { msPerCall: speed.msPerCall, device: deviceText(speed.device) } : null;
  }

  remember(id: string, msPerCall: number, device: DeviceInfo): void {
    const { backend, description, precision } = device;
    const speed = { msPerCall, device: { backend, description, precision } };
    this._keep({ ...this._speeds, [id]: speed });
  }

  /** Another model may take the id. */
  forget(id: string): void {
    this._keep(Object.fromEntries(Object.entries(this._speeds).filter(([key]) => key !== id)));
  }

  private _keep(speeds: Speeds): void {
    this._speeds = speeds;
    void this._kept.write(speedsKey, speeds);
  }
}
