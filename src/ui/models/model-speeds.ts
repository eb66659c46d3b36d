/** How fast each model was when it was last loaded on this machine. */
import { z } from 'zod';
import type { ModelSpeed } from '../../protocol/model-shelf-api.js';
import type { Kept } from '../host/kept.js';

const speedsKey = 'speeds';
const speedsSchema = z.record(
  z.string(),
  z.object({ msPerCall: z.number().positive(), device: z.string() }),
);

export class ModelSpeeds {
  private _speeds: Readonly<Record<string, ModelSpeed>> = {};

  constructor(private readonly _kept: Kept) {}

  async restore(): Promise<void> {
    const parsed = speedsSchema.safeParse(await this._kept.read(speedsKey));
    if (parsed.success) this._speeds = parsed.data;
  }

  of(id: string): ModelSpeed | null {
    return this._speeds[id] ?? null;
  }

  remember(id: string, speed: ModelSpeed): void {
    this._speeds = { ...this._speeds, [id]: speed };
    void this._kept.write(speedsKey, this._speeds);
  }
}
