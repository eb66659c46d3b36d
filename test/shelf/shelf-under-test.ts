/** The shelf's real parts on this page's worker, with the folders where Vite serves them. */
import { expose } from 'comlink';
import { ModelShelf } from '../../src/shelf/model-shelf.js';

const folder = (path: string) => new URL(path, self.location.origin).href;

// As in a frame that may not use them.
if (self.name === 'without locks') Object.defineProperty(navigator, 'locks', { value: undefined });

expose(
  new ModelShelf({
    ortBaseUrl: folder('/node_modules/onnxruntime-web/dist/'),
    samplesUrl: folder('/assets/samples/'),
  }),
);
