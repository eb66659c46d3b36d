/**
 * The realm's one module: the stand-in for `express-document-sdk` and, as its default export, for
 * `add-on-sdk-document-sandbox`. Runs where the host's sandbox runs: no DOM, no timers, no fetch.
 */
import type { ToRealm } from '../document.js';
import { applyCommand } from './commands.js';
import { host } from './host.js';
import { callExposed } from './runtime.js';
import { store } from './store.js';
import { BlobHandle, decodeMessage } from './wire.js';

export { default } from './runtime.js';
export { constants, editor } from './editor.js';

function receive(message: ToRealm): void {
  store.turn++;
  switch (message.kind) {
    case 'reply':
      return host.answer(message.id, message.value, message.error);
    case 'save':
      return host.send({ kind: 'saved', state: store.save() });
    case 'restore':
      return store.restore(message.state);
    case 'command':
      return applyCommand(message.command);
    case 'call':
      callExposed(message.method, message.args).then(
        (value) => host.send({ kind: 'reply', id: message.id, value }),
        (error: unknown) =>
          host.send({
            kind: 'reply',
            id: message.id,
            error: error instanceof Error ? error.message : String(error),
          }),
      );
      return;
    default:
      message satisfies never;
  }
}

/** Sends the document when it has changed; called by the page after each entry. */
function publish(): void {
  if (!store.isChanged) return;
  store.isChanged = false;
  const { canUndo, canRedo } = store;
  host.send({ kind: 'document', document: store.snapshot(), canUndo, canRedo });
}

Object.assign(globalThis, {
  Blob: BlobHandle,
  __workbenchReceive: (text: string) => receive(decodeMessage<ToRealm>(text)),
  __workbenchPublish: publish,
});
