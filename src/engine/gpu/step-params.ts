/** The uniform block of the sampler's kernels: one write per transition. */

/** Fields in order, each one 32-bit word; the shader's struct is made from this list. */
const fields = {
  quads: 'u32',
  images: 'u32',
  outQuads: 'u32',
  isGuided: 'u32',
  transition: 'u32',
  purpose: 'u32',
  level: 'u32',
  isRecorded: 'u32',
  signal: 'f32',
  sigma: 'f32',
  guidanceScale: 'f32',
  driftFrom: 'u32',
  x0FromXt: 'f32',
  x0FromOutput: 'f32',
  clip: 'f32',
  meanFromX0: 'f32',
  meanFromXt: 'f32',
  meanFromOutput: 'f32',
  varianceKind: 'u32',
  fixedSd: 'f32',
  minLog: 'f32',
  maxLog: 'f32',
  hasNoise: 'u32',
  padding: 'u32',
} as const satisfies Record<string, 'u32' | 'f32'>;

export type StepParams = Record<Exclude<keyof typeof fields, 'padding'>, number>;

const names = Object.keys(fields) as (keyof typeof fields)[];

export const paramsSizeBytes = 4 * names.length;

/** WGSL source of the struct. */
export const paramsWgsl = `struct Params {\n${names
  .map((name) => `  ${name}: ${fields[name]},`)
  .join('\n')}\n}`;

/** Packs values into the struct's layout; fields left out are 0. */
export class StepParamsBlock {
  readonly bytes = new ArrayBuffer(paramsSizeBytes);
  private readonly _view = new DataView(this.bytes);

  set(values: Partial<StepParams>): void {
    names.forEach((name, i) => {
      const value = name === 'padding' ? undefined : values[name];
      if (value === undefined) return;
      if (fields[name] === 'u32') this._view.setUint32(4 * i, value, true);
      else this._view.setFloat32(4 * i, value, true);
    });
  }
}
