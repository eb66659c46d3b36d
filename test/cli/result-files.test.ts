/** Names and files of results, on the real disk. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UsageError } from '../../src/cli/cli-error.js';
import { ResultFolder, type ResultRules } from '../../src/cli/result-files.js';
import { RepaintError } from '../../src/protocol/failure.js';

let folder: string;
const at = (name: string) => path.join(folder, name);
const layer = (number: number) => `fill-${number}.png`;
const preview = (number: number) => `preview-${number}.png`;
const rules: ResultRules = {
  names: [layer, preview],
  count: 2,
  first: null,
  isForced: false,
  inputs: [],
};
const pair = (text: string) => [
  { name: layer, bytes: Buffer.from(`${text} layer`) },
  { name: preview, bytes: Buffer.from(`${text} preview`) },
];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'result-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('have the numbers from 1 on where these are free', async () => {
  const results = await ResultFolder.open(at('new/folder'), rules);
  expect(await results.write(0, pair('a'))).toEqual(['fill-1.png', 'preview-1.png']);
  expect(await results.write(1, pair('b'))).toEqual(['fill-2.png', 'preview-2.png']);
  expect(readdirSync(at('new/folder'))).toEqual([
    'fill-1.png',
    'fill-2.png',
    'preview-1.png',
    'preview-2.png',
  ]);
  expect(readFileSync(at('new/folder/preview-2.png'), 'utf8')).toBe('b preview');
});

test('are numbered on past what is there, be it a link to nowhere', async () => {
  writeFileSync(at('preview-1.png'), 'the photo');
  symlinkSync(at('elsewhere.png'), at('fill-3.png'));
  const results = await ResultFolder.open(folder, rules);
  expect(await results.write(0, pair('a'))).toEqual(['fill-4.png', 'preview-4.png']);
  expect(readFileSync(at('preview-1.png'), 'utf8')).toBe('the photo');
  expect(existsSync(at('elsewhere.png'))).toBe(false);
});

test('never replace what another run has written meanwhile', async () => {
  const [one, other] = [
    await ResultFolder.open(folder, rules),
    await ResultFolder.open(folder, rules),
  ];
  expect(await one.write(0, pair('one'))).toEqual(['fill-1.png', 'preview-1.png']);
  expect(await other.write(0, pair('other'))).toEqual(['fill-2.png', 'preview-2.png']);
  expect(await one.write(1, pair('one'))).toEqual(['fill-3.png', 'preview-3.png']);
  // A preview that is there alone takes its layer's number too.
  writeFileSync(at('preview-4.png'), 'there');
  expect(await other.write(1, pair('other'))).toEqual(['fill-5.png', 'preview-5.png']);
  expect(existsSync(at('fill-4.png'))).toBe(false);
});

test('replace them when forced, the link itself instead of what it leads to', async () => {
  writeFileSync(at('kept.png'), 'kept');
  symlinkSync(at('kept.png'), at('fill-1.png'));
  writeFileSync(at('preview-1.png'), 'old');
  const results = await ResultFolder.open(folder, { ...rules, isForced: true });
  expect(await results.write(0, pair('new'))).toEqual(['fill-1.png', 'preview-1.png']);
  expect(lstatSync(at('fill-1.png')).isSymbolicLink()).toBe(false);
  expect(readFileSync(at('kept.png'), 'utf8')).toBe('kept');
  expect(readFileSync(at('preview-1.png'), 'utf8')).toBe('new preview');
});

test('never replace what the run itself reads, forced or not', async () => {
  writeFileSync(at('preview-1.png'), 'the photo');
  symlinkSync(at('preview-1.png'), at('alias.png'));
  const forced = { ...rules, isForced: true, inputs: [at('alias.png')] };
  await expect(ResultFolder.open(folder, forced)).rejects.toBeInstanceOf(UsageError);
});

test('that cannot be written are told in a sentence before any work', async () => {
  writeFileSync(at('file'), '');
  for (const bad of ['file', 'file/below']) {
    const error: unknown = await ResultFolder.open(at(bad), rules).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(RepaintError);
    expect((error as RepaintError).message).toMatch(
      /^Cannot write .*: .*\. Make room or give another --out\.$/,
    );
  }
});

test('leave nothing behind when the folder goes away', async () => {
  mkdirSync(at('out'));
  const results = await ResultFolder.open(at('out'), rules);
  rmSync(at('out'), { recursive: true });
  await expect(results.write(0, pair('a'))).rejects.toBeInstanceOf(RepaintError);
  expect(readdirSync(folder)).toEqual([]);
});
