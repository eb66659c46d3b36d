/** Converted UNetModel networks against numbers made by guided-diffusion at commit 22e0df8. */
import { describe, expect, it } from 'vitest';
import { checkAdmUNetCase } from '../../src/lab/parity/adm-unet.js';
import { CaseReport } from '../../src/lab/parity/family.js';
import { expectParity } from './expect-parity.js';
import { caseFolders } from './fixture-folders.js';

describe('a converted UNetModel', () => {
  it.each(caseFolders('adm-unet'))(
    'computes what guided-diffusion does: %s',
    async (name, folder) => {
      const report = new CaseReport('adm-unet', name);
      await checkAdmUNetCase(folder, report, { backend: 'node' });
      // 2e-5 is what float32 rounding may do; 4e-6 was measured.
      expect(expectParity(report)).toBeLessThan(2e-5);
    },
  );
});
