/**
 * Entry of the shelf's worker: offers the shelf through comlink on the worker's own port. It may
 * connect to nobody but the add-on's own files; the first message is the port it downloads by.
 */
import { expose } from 'comlink';
import { followBy } from '../shelf/fetch/follow.js';
import { followOver } from '../shelf/fetch/distant.js';
import { ModelShelf } from '../shelf/model-shelf.js';
import { offered } from '../shelf/offered.js';
import { openFileStore } from '../shelf/store/file-store.js';
import { whileAlone } from '../shelf/store/lock.js';
import { WebMachine } from './web-machine.js';

declare const self: DedicatedWorkerGlobalScope;
/** Where this script lies, which began as a blob; webpack knows. */
declare const __webpack_public_path__: string;

const folder = (name: string) => new URL(`./${name}/`, __webpack_public_path__).href;
const shipped = { ortBaseUrl: folder('ort'), samplesUrl: folder('samples') };

function start({ data: network }: MessageEvent<MessagePort>): void {
  followBy(followOver(network));
  const openMachine = () => WebMachine.open(shipped);
  expose(offered(new ModelShelf({ openStore: openFileStore, openMachine, whileAlone })));
}

self.addEventListener('message', start, { once: true });
