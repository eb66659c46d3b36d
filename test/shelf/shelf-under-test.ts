/** The shelf's real parts on this page's worker, with the folders where Vite serves them. */
import { expose } from 'comlink';
import { ModelShelf } from '../../src/shelf/model-shelf.js';
import { openFileStore } from '../../src/shelf/store/file-store.js';
import { whileAlone } from '../../src/shelf/store/lock.js';
import { WebMachine } from '../../src/worker/web-machine.js';

const folder = (path: string) => new URL(path, self.location.origin).href;

// As in a frame that may not use them.
if (self.name === 'without locks') Object.defineProperty(navigator, 'locks', { value: undefined });

expose(
  new ModelShelf({
    openStore: openFileStore,
    openMachine: () =>
      WebMachine.open({
        ortBaseUrl: folder('/node_modules/onnxruntime-web/dist/'),
        samplesUrl: folder('/assets/samples/'),
      }),
    whileAlone,
  }),
);
