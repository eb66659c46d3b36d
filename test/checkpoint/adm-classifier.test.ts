/** The classifier and its emitted gradient against guided-diffusion's own autograd. */
import { describe, expect, it } from 'vitest';
import { checkAdmClassifierCase } from '../../src/cli/parity/adm-classifier.js';
import { CaseReport } from '../../src/cli/parity/family.js';
import { expectParity } from './expect-parity.js';
import { caseFolders } from './fixture-folders.js';

describe('a converted EncoderUNetModel', () => {
  it.each(caseFolders('adm-classifier'))(
    'gives the logits and the gradient of guided-diffusion: %s',
    async (name, folder) => {
      const report = new CaseReport('adm-classifier', name);
      await checkAdmClassifierCase(folder, report, { backend: 'node' });
      // Logits are allowed 1e-5 by float32 rounding, the gradient 1e-5 of its greatest value.
      expect(expectParity(report)).toBeLessThan(1e-5);
    },
  );
});
