import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url));

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

it('checks a network on WebGPU in a headless Chromium, and closes it again', async () => {
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => printed.push(line));
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const command = ['parity', fixtures, '--on', 'webgpu', '--family', 'hf/unet2d', '--json'];
  await main(['node', 'repaint-fill', ...command]);
  const rows: unknown[] = JSON.parse(printed.join(''));
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row).toMatchObject({ family: 'hf/unet2d', ok: true });
  expect(process.exitCode ?? 0).toBe(0);
  expect(said).toHaveBeenCalledWith(expect.stringMatching(/^WebGPU adapter: .+/));
});
