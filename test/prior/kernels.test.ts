import { execFileSync } from 'node:child_process';
import { test } from 'vitest';

test('the compiled loops are those of the source', () => {
  execFileSync(process.execPath, ['scripts/kernels.mjs', '--check'], { stdio: 'pipe' });
});
