/** docs/lab.md's recipes: three shards at once under GNU parallel or xargs; the others by their syntax. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bin, root, runCli } from '../cli/run-cli.js';

function hasParallel(): boolean {
  try {
    return String(execFileSync('parallel', ['--version'])).startsWith('GNU parallel');
  } catch {
    return false;
  }
}

interface IndexedJob {
  readonly spec: {
    readonly completionMode: string;
    readonly completions: number;
    readonly template: { readonly spec: { readonly containers: { readonly args: string[] }[] } };
  };
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

const runner = hasParallel() ? 'GNU parallel' : 'xargs';

test(`three shards under ${runner} report what one does`, async () => {
  const whole = await runCli(...arguments_('one'));
  expect(whole, whole.stderr).toMatchObject({ code: 0 });
  const shard = [process.execPath, bin, ...arguments_('three'), '--shard', '{}/3'];
  if (runner === 'xargs')
    execFileSync('xargs', ['-P', '3', '-I', '{}', ...shard], { cwd: root, input: '1\n2\n3\n' });
  else execFileSync('parallel', ['--quote', ...shard, ':::', '1', '2', '3'], { cwd: root });
  expect(await report('three')).toBe(await report('one'));
});

test('the files for Slurm and Kubernetes are read, and name options that there are', async () => {
  const recipe = (name: string) => path.join(root, 'docs/recipes', name);
  execFileSync('bash', ['-n', recipe('lab.sbatch')]);
  const job = parse(readFileSync(recipe('lab-job.yaml'), 'utf8')) as IndexedJob;
  expect(job).toMatchObject({ apiVersion: 'batch/v1', kind: 'Job' });
  const { completionMode, completions, template } = job.spec;
  expect(completionMode).toBe('Indexed');
  const [command] = template.spec.containers[0].args;
  expect(command).toContain(`--shard $((JOB_COMPLETION_INDEX + 1))/${completions}`);

  const help = (await runCli('lab', 'run', '--help')).stdout;
  const text = command + readFileSync(recipe('lab.sbatch'), 'utf8').split('lab run')[1];
  const options = text.match(/--[a-z]+/g)!;
  expect(options.length).toBeGreaterThan(8);
  for (const option of options) expect(help).toContain(option);
});
