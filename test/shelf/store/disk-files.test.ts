/** The disk store keeps the stores' contract; one process at a time adds to it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskFileStore, whileAloneOnDisk } from '../../../src/shelf/store/disk-files.js';
import { testStore } from './store-contract.js';
import { StoreProbe } from './store-probe.js';

let root: string;
let probe: StoreProbe;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'store-'));
  probe = new StoreProbe(async () => new DiskFileStore(root));
});
afterEach(() => rmSync(root, { recursive: true }));

testStore(() => probe);

test('a folder that is not there holds nothing, and looking does not make it', async () => {
  const store = new DiskFileStore(path.join(root, 'none'));
  expect(await store.folders()).toEqual([]);
  expect(await store.files('a')).toEqual([]);
  expect(await store.read('a', 'b')).toBeNull();
  expect(await store.usage()).toBeNull();
  expect(existsSync(store.root)).toBe(false);
});

const add = () =>
  whileAloneOnDisk(
    root,
    async () => 'added',
    async () => 'refused',
  );

test('who adds is alone, until he is done or his process is gone', async () => {
  expect(await whileAloneOnDisk(root, add, async () => 'refused')).toBe('refused');
  expect(await add()).toBe('added');
  // No process can have that number.
  writeFileSync(path.join(root, '.adding'), '4194305');
  expect(await add()).toBe('added');
});
