/** What a network is computed on, as facts: the panel puts them into its language. */
import * as z from 'zod/mini';

const computeDeviceSchema = z.object({
  /** Where the network runs. `wasm` is the slow fallback and must be said plainly. */
  backend: z.enum(['webgpu', 'wasm']),
  /** What the graphics adapter says of itself; empty where it says nothing, and on WebAssembly. */
  adapter: z.string(),
  /** Of the network's activations on a GPU. WebAssembly always uses float32. */
  precision: z.enum(['float32', 'float16']),
});
export type ComputeDevice = z.infer<typeof computeDeviceSchema>;
/** Where files are kept; in memory they live as long as the visit. */
export type StorageKind = 'opfs' | 'disk' | 'memory';

export type Backend = ComputeDevice['backend'];
export type Precision = ComputeDevice['precision'];

export const modelSpeedSchema = z.object({
  /** Of one network call at the model's native size. */
  msPerCall: z.number().check(z.positive()),
  device: computeDeviceSchema,
});
export type ModelSpeed = z.infer<typeof modelSpeedSchema>;
