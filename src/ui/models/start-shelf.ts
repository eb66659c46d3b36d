/** Starts the shelf's worker. The panel knows it as this URL and `ModelShelfApi`. */
import type { ShelfPort } from './shelf-port.js';

export function startShelf(): ShelfPort {
  throw new Error('the shelf has no worker yet');
}
