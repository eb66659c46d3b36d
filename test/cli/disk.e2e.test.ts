/**
 * The command line in processes of its own: on disks that are full or read-only, with pipes that
 * nobody reads, interrupted and killed. Sentences, and nothing half. Needs `npm run build:cli`.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { shippedFolder } from '../../src/cli/model-build.js';
import { listModels } from '../../src/cli/model-list.js';
import { mutationCount } from '../checkpoint/mutations.js';
import { modelFolder } from '../checkpoint/fixture-folders.js';
import { bin, callCli, root } from './run-cli.js';

const manyCommands = path.join(import.meta.dirname, 'many-commands.ts');
let folder: string;
/** Under `npm run soak`. */
const isLong = mutationCount > 1000;
const at = (...names: string[]) => path.join(folder, ...names);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'disk-'));
  mkdirSync(at('photos'));
  mkdirSync(at('disk'));
  await shippedFolder('garden-64');
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const size = { width: 128, height: 96, channels: 3 } as const;
  for (const name of ['photos/one.png', 'photos/two.png']) {
    await sharp({ create: { ...size, noise, background: 'grey' } })
      .png()
      .toFile(at(name));
  }
  const box =
    '<svg width="128" height="96"><rect x="50" y="40" width="20" height="16" fill="white"/></svg>';
  await sharp(Buffer.from(box)).png().toFile(at('mask.png'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Runs a script with a small disk of its own, mounted where nobody else sees it. */
function onDisk(options: string, script: string, program = bin, ...more: string[]) {
  const mount = `mount -t tmpfs -o ${options} tmpfs "$0" && ${script}`;
  const args = ['-Urm', 'sh', '-c', mount, at('disk'), process.execPath, program, ...more];
  const env = { ...process.env, REPAINT_FILL_HOME: at('disk', 'home'), XDG_CACHE_HOME: folder };
  const { status, stdout, stderr } = spawnSync('unshare', args, { env, cwd: root });
  return { code: status, stdout: String(stdout), stderr: String(stderr) };
}

/** Several commands on one such disk, and how each of them ended. */
function runMany(options: string, before: string, commands: readonly (readonly string[])[]) {
  const script = `${before} exec "$1" --import tsx "$2" "$0" "$3"`;
  const { stdout, stderr } = onDisk(options, script, manyCommands, JSON.stringify(commands));
  const said = [...stderr.matchAll(/([^]*?)\n== (.*)\n/g)].map(([, text, left]) => ({
    text,
    ...(JSON.parse(left) as { code: number; names: string[] }),
  }));
  return { stdout, said };
}
const hasDisks = onDiskWorks();

function onDiskWorks(): boolean {
  const args = ['-Urm', 'sh', '-c', 'mount -t tmpfs tmpfs /tmp'];
  return spawnSync('unshare', args).status === 0;
}

const toFill = () => [
  ...['fill', at('photos/one.png'), '--region', at('mask.png'), '--preset', 'draft'],
];
const toRun = (...methods: string[]) => [
  ...['lab', 'run', '--photos', at('photos'), '--masks', 'ellipse', '--size', '64'],
  ...['--out', at('disk', 'run'), '--methods', ...methods],
];
const quoted = (words: readonly string[]) => words.map((word) => `"${word}"`).join(' ');
const weights = path.join(modelFolder('garden-64'), 'diffusion_pytorch_model.fp16.safetensors');

// A disk of one's own needs Linux, and leave to make name spaces.
describe.skipIf(!hasDisks)('on a disk that', () => {
  test('fills up in the middle a fill ends with a sentence; what is finished is whole', () => {
    const fill = quoted([...toFill(), '--out', at('disk'), '--fills', '4']);
    const listed = `"$1" "$2" ${fill}; code=$?; cd "$0"; ls -A; cat preview-1.png | wc -c; exit $code`;
    const { code, stdout, stderr } = onDisk('size=100k', listed);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\nCannot write \S+: the disk is full\. Make room or give another --out\.\n$/,
    );
    expect(stderr).not.toMatch(/\n\s+at /);
    const names = stdout.split('\n').filter((line) => /^(\.|fill|preview)/.test(line));
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(names.filter((name) => name.startsWith('fill')).length).toBe(
      names.filter((name) => name.startsWith('preview')).length,
    );
  });

  test.each([
    [
      'is full',
      'size=4k',
      'dd if=/dev/zero of="$0/rest" bs=1k 2>/dev/null;',
      /full|No space is left/,
    ],
    ['is read-only', 'ro', '', /read-only/],
  ])(
    '%s commands say so in one sentence',
    (_, options, before, reason) => {
      const commands = [
        [...toFill(), '--out', at('disk', 'x'), '--fills', '1'],
        ['walk', '--steps', '250', '--jump-length', '10', '--svg', at('disk', 'walk.svg')],
        toRun('photo=--preset draft'),
        ['lab', 'masks', '--out', at('disk', 'masks')],
        ['model', 'add', weights, '--id', 'x', '--no-self-test'],
      ];
      const { said } = runMany(options, before, commands);
      expect(said.map(({ code }) => code === 1 || code === 2)).toEqual(commands.map(() => true));
      for (const { text, names } of said) {
        expect(text).toMatch(reason);
        expect(text).not.toMatch(/\n\s+at /);
        expect(names.filter((name) => /\.part$|walk\.svg/.test(name))).toEqual([]);
      }
    },
    240_000,
  );

  test('has room again takes the rest of a lab run', () => {
    const run = [...toRun('photo=--preset draft'), '--json'];
    const before = 'dd if=/dev/zero of="$0/rest" bs=1k count=80 2>/dev/null;';
    const { stdout, said } = runMany('size=100k', before, [run, ['rm', at('disk/rest')], run]);
    expect(said.map(({ code }) => code)).toEqual([1, 0, 0]);
    expect(said[0].text).toMatch(
      /No space is left for .*run the same command again: it goes on from here/,
    );
    expect(stdout).toMatch(/"lost": 0/);
  });
});

test.skipIf(process.platform === 'win32')('a result that has no room on stdout is told', () => {
  const args = ['-c', '"$0" "$1" walk --steps 250 --json > /dev/full', process.execPath, bin];
  const { status, stderr } = spawnSync('sh', args, { cwd: root });
  expect([status, String(stderr)]).toEqual([
    1,
    'The results cannot be written: the disk is full.\n',
  ]);
});

/** Names and bytes below a folder. */
function contentsOf(at: string): Map<string, string> {
  const names = readdirSync(at, { recursive: true, withFileTypes: true });
  const files = names.filter((it) => it.isFile()).map((it) => path.join(it.parentPath, it.name));
  const text = (file: string) => {
    // How long a fill took is no part of it.
    const bytes = readFileSync(file);
    return file.endsWith('.json') ? String(bytes).replace(/"ms": \d+/, '') : bytes.toString('hex');
  };
  return new Map(files.sort().map((file) => [path.relative(at, file), text(file)]));
}

test('a lab run killed over and over ends in the report of one that never was', async () => {
  vi.stubEnv('XDG_CACHE_HOME', folder);
  const args = (out: string) => [
    ...['lab', 'run', '--photos', at('photos'), '--masks', 'ellipse,wide', '--size', '64'],
    ...['--methods', 'photo=--preset draft', '--out', at(out)],
  ];
  const succeed = async (...command: string[]) =>
    expect(await callCli(...command)).toMatchObject({ code: 0 });
  await succeed(...args('whole'));
  const wanted = contentsOf(at('whole'));
  const done = () => [...contentsOf(at('killed')).keys()].filter((name) => /\d\.json$/.test(name));
  mkdirSync(at('killed'));
  const kills = isLong ? 3 : 1;
  for (let kill = 0; kill < kills; kill++) {
    const before = done().length;
    await ended(args('killed'), 'SIGKILL', () => done().length > before);
  }
  expect(done().length).toBeLessThan(4);
  await succeed(...args('killed'));
  for (const [name, text] of wanted)
    expect([name, contentsOf(at('killed')).get(name)]).toEqual([name, text]);
  for (const out of ['whole', 'killed'])
    await succeed('lab', 'report', at(out), '--photos', at('photos'));
  for (const name of ['report.json', 'report.csv', 'report.html']) {
    const [whole, killed] = ['whole', 'killed'].map((out) => readFileSync(at(out, name), 'utf8'));
    expect(killed.replaceAll('killed', 'whole')).toBe(whole);
  }
}, 240_000);

const marked = () => ['fill', at('photos/one.png'), '--region', at('mask.png')];

test.each(['stdout', 'stderr'] as const)(
  'a fill whose %s nobody reads is made all the same',
  async (stream) => {
    const out = at(`unread-${stream}`);
    const args = [bin, ...marked(), '--out', out, '--preset', 'draft', '--fills', '1'];
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'pipe' });
    let said = '';
    child.stderr.on('data', (text) => (said += String(text)));
    child.stdout.resume();
    child[stream].destroy();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['fill-1.png', 'preview-1.png']);
    expect(said).not.toMatch(/EPIPE|at .*:\d+:\d+/);
  },
);

/** Starts a command, and ends it by a signal as soon as something is so. Returns: its exit code. */
async function ended(args: readonly string[], signal: NodeJS.Signals, isTime: () => boolean) {
  const child = spawn(process.execPath, [bin, ...args], { cwd: root, stdio: 'ignore' });
  const code = new Promise<number | null>((resolve) => child.on('close', resolve));
  await expect.poll(isTime, { timeout: 120_000, interval: 1 }).toBe(true);
  child.kill(signal);
  return code;
}

test('Ctrl+C keeps the fills that are finished and leaves with 130', async () => {
  const out = at('interrupted');
  const many = [...marked(), '--out', out, '--fills', '60', '--preset', 'draft'];
  expect(await ended(many, 'SIGINT', () => existsSync(path.join(out, 'preview-1.png')))).toBe(130);
  const kept = readdirSync(out);
  expect(kept).toContain('fill-1.png');
  expect(kept.length).toBeLessThan(120);
  // Every file that is there is whole.
  const pictures = kept.filter((name) => name.endsWith('.png'));
  for (const name of pictures) await sharp(path.join(out, name)).raw().toBuffer();
});

test('a fill ended by SIGTERM, and then by SIGKILL, goes on with --resume to the very same files', async () => {
  const args = (out: string, ...more: string[]) => {
    const walk = ['--prior', 'model', '--fills', '2', '--steps', '20', '--jump-samples', '1'];
    const pace = ['--threads', '1', '--resume-every', '0'];
    return [...marked(), '--out', at(out), ...walk, ...pace, ...more];
  };
  const points = () =>
    existsSync(at('ended')) ? readdirSync(at('ended')).filter((it) => it.endsWith('.resume')) : [];
  const writtenAt = () => Math.max(0, ...points().map((it) => statSync(at('ended', it)).mtimeMs));
  for (const [signal, code, more] of [
    ['SIGTERM', 143, []],
    ['SIGKILL', null, ['--resume']],
  ] as const) {
    const before = writtenAt();
    expect(await ended(args('ended', ...more), signal, () => writtenAt() > before)).toBe(code);
    expect(points()).toHaveLength(1);
  }
  expect(await callCli(...args('ended', '--resume'))).toMatchObject({ code: 0 });
  expect(await callCli(...args('whole-fill'))).toMatchObject({ code: 0 });
  const names = readdirSync(at('whole-fill'));
  expect(names).toHaveLength(4);
  expect(readdirSync(at('ended')).sort()).toEqual(names.sort());
  for (const name of names)
    expect(readFileSync(at('ended', name))).toEqual(readFileSync(at('whole-fill', name)));
});

test('a model whose adding is killed is not listed, and added again it is the very same', async () => {
  const out = at('models');
  const add = ['model', 'add', weights, '--id', 'new', '--out', out];
  const part = path.join(out, 'added-new');
  // The weights are being written; the entry that makes them a model comes last.
  expect(await ended(add, 'SIGKILL', () => existsSync(part))).toBe(null);
  expect(existsSync(path.join(part, 'model.json'))).toBe(false);
  expect(await listModels(out)).toEqual([]);
  expect(await callCli(...add)).toMatchObject({ code: 0 });
  const [onnx, shipped] = [part, await shippedFolder('garden-64')].map((it) =>
    readFileSync(path.join(it, 'model.onnx')),
  );
  expect(onnx.equals(shipped)).toBe(true);
  expect(readdirSync(part).sort()).toEqual(['model.json', 'model.onnx']);
});
