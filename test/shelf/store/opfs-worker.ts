/** Real storage in a worker of its own, where its handles are. `?refused`: the frame may not. */
import { expose } from 'comlink';
import { openFileStore } from '../../../src/shelf/store/file-store.js';
import { OpfsFileStore } from '../../../src/shelf/store/opfs-files.js';
import { StoreProbe } from './store-probe.js';

const mode = new URL(self.location.href).searchParams.get('mode');

if (mode === 'refused') {
  StorageManager.prototype.getDirectory = () =>
    Promise.reject(new DOMException('The frame may not use storage', 'SecurityError'));
}

async function openTestStore() {
  const store = await OpfsFileStore.open('test-models');
  if (!store) throw new Error('This browser gives no storage.');
  return store;
}

expose(new StoreProbe(mode === 'refused' ? openFileStore : openTestStore));
