/** Entry of the shelf's worker: offers the shelf through comlink on the worker's own port. */
import { expose } from 'comlink';
import { ModelShelf } from '../shelf/model-shelf.js';
import { openFileStore } from '../shelf/store/file-store.js';
import { whileAlone } from '../shelf/store/lock.js';
import { WebMachine } from './web-machine.js';

declare const self: DedicatedWorkerGlobalScope;

/** Folders beside the worker's script. */
const folder = (name: string) => new URL(`./${name}/`, self.location.href).href;

const shipped = { ortBaseUrl: folder('ort'), samplesUrl: folder('samples') };

expose(
  new ModelShelf({
    openStore: openFileStore,
    openMachine: () => WebMachine.open(shipped),
    whileAlone,
  }),
);
