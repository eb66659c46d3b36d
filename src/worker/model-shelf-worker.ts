/** Entry of the shelf's worker: offers the shelf through comlink on the worker's own port. */
import { expose } from 'comlink';
import { ModelShelf } from '../shelf/model-shelf.js';

declare const self: DedicatedWorkerGlobalScope;

/** Folders beside the worker's script. */
const folder = (name: string) => new URL(`./${name}/`, self.location.href).href;

expose(new ModelShelf({ ortBaseUrl: folder('ort'), samplesUrl: folder('samples') }));
