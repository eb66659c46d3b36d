/** How fast each model was when it was last loaded on this machine. */
import * as z from 'zod/mini';
import {
  modelSpeedSchema,
  type ComputeDevice,
  type ModelSpeed,
} from '../../protocol/compute-device.js';
import type { Kept } from '../host/kept.js';

const speedsKey = 'speeds';
const speedsSchema = z.record(z.string(), modelSpeedSchema);

type Speeds = z.infer<typeof speedsSchema>;

export class ModelSpeeds {
  private _speeds: Speeds = {};

  constructor(private readonly _kept: Kept) {}

  async restore(): Promise<void> {
    const parsed = speedsSchema.safeParse(await this._kept.read(speedsKey));
    if (parsed.success) this._speeds = parsed.data;
  }

  of(id: string): ModelSpeed | null {
    return this._speeds[id] ?? null;
  }

  remember(id: string, msPerCall: number, { backend, adapter, precision }: ComputeDevice): void {
    const speed = { msPerCall, device: { backend, adapter, precision } };
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
