/** The recipe for one machine, as docs/lab.md has it: three shards at once under GNU parallel. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bin, root, runCli } from '../cli/run-cli.js';

function hasParallel(): boolean {
  try {
    return String(execFileSync('parallel', ['--version'])).startsWith('GNU parallel');
  } catch {
    return false;
  }
}

let folder: string;
const at = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'parallel-'));
  mkdirSync(at('photos'));
  for (const [k, colour] of ['#c33', '#3c3'].entries()) {
    const svg = `<svg width="64" height="64"><rect width="64" height="64" fill="${colour}"/><circle cx="${20 + 20 * k}" cy="30" r="15" fill="#fff"/></svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(at('photos', `${k}.png`));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const arguments_ = (out: string) => [
  ...['lab', 'run', '--photos', at('photos'), '--masks', 'ellipse', '--size', '64', '--json'],
  ...[
    '--methods',
    'quick=--prior model --steps 2 --jump-samples 1',
    '--threads',
    '1',
    '--out',
    at(out),
  ],
];

async function report(out: string): Promise<string> {
  const made = await runCli('lab', 'report', at(out), '--photos', at('photos'), '--json');
  expect(made, made.stderr).toMatchObject({ code: 0 });
  return readFileSync(at(out, 'report.html'), 'utf8');
}

test.skipIf(!hasParallel())('three shards under GNU parallel report what one does', async () => {
  const whole = await runCli(...arguments_('one'));
  expect(whole, whole.stderr).toMatchObject({ code: 0 });
  const shard = [process.execPath, bin, ...arguments_('three'), '--shard', '{}/3'];
  execFileSync('parallel', ['--quote', ...shard, ':::', '1', '2', '3'], { cwd: root });
  expect(await report('three')).toBe(await report('one'));
});
