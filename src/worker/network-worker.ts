/**
 * Entry of the network's worker, the only part of the panel that may connect to other hosts. It asks
 * those the user has named for files, hands the bytes on, and does nothing else.
 */
import { expose } from 'comlink';
import type { NetworkApi } from '../protocol/model-shelf-api.js';
import { answerFetches } from '../shelf/fetch/distant.js';

let origins: readonly string[] = [];
let end = (): void => undefined;

expose({
  connect(port) {
    end();
    end = answerFetches(port, () => origins);
  },
  hangUp: () => end(),
  allow(named) {
    origins = named;
  },
} satisfies NetworkApi);
