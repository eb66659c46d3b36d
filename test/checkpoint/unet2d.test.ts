/** Converted UNet2DModel networks against numbers made by diffusers 0.42.1. */
import { describe, expect, it } from 'vitest';
import { CaseReport } from '../../src/lab/parity/family.js';
import { checkUNet2DCase } from '../../src/lab/parity/hf-unet2d.js';
import { caseFolders, modelFolder } from './fixture-folders.js';
import { expectParity } from './expect-parity.js';

const on = { backend: 'node' } as const;

describe('a converted UNet2DModel', () => {
  it.each(caseFolders('hf/unet2d'))('computes what diffusers does: %s', async (name, folder) => {
    const report = new CaseReport('hf/unet2d', name);
    await checkUNet2DCase(folder, report, on);
    expectParity(report);
  });

  it('computes what diffusers does for the shipped model, pixel unshuffle included', async () => {
    const report = new CaseReport('models', 'garden-64');
    await checkUNet2DCase(modelFolder('garden-64'), report, on, 2);
    // Both sides compute in float32 on the same half-precision weights; 2e-6 was measured.
    expect(expectParity(report)).toBeLessThan(2e-5);
  });

  it('computes the same in the wasm build that browsers run', async () => {
    const report = new CaseReport('models', 'garden-64');
    await checkUNet2DCase(modelFolder('garden-64'), report, { backend: 'wasm' }, 2);
    expect(expectParity(report)).toBeLessThan(2e-5);
  });
});
