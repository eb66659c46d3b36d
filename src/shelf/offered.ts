/** A shelf as its worker offers it to the panel. */
import type { ModelShelfApi, OfferedShelf } from '../protocol/model-shelf-api.js';

export function offered(shelf: ModelShelfApi): OfferedShelf {
  return {
    read: () => shelf.read(),
    look: (origin, answers) => shelf.look(origin, answers),
    add: (origin, options, progress) =>
      shelf.add(origin, options, (stage) => progress.postMessage(stage)),
    cancel: () => shelf.cancel(),
    remove: (id) => shelf.remove(id),
  };
}
