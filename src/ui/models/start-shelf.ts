/** Starts the shelf's worker. The panel knows it as this URL and `ModelShelfApi`. */
import { shelfPort, type ShelfPort } from './shelf-port.js';

export function startShelf(): ShelfPort {
  return shelfPort(
    new Worker(new URL('../../worker/model-shelf-worker.js', import.meta.url), { type: 'module' }),
  );
}
