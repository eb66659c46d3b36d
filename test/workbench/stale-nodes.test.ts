/** A node kept over a wait fails here as it will in the host with large documents. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { FromRealm, ToRealm } from '../../src/workbench/document.js';
import { decodeMessage, encodeMessage } from '../../src/workbench/realm/wire.js';

type Reply = Extract<FromRealm, { kind: 'reply' }>;

const globals = globalThis as unknown as {
  __workbenchSend: (text: string) => void;
  __workbenchReceive: (text: string) => void;
};
const replies = new Map<number, (reply: Reply) => void>();

function post(message: ToRealm): void {
  globals.__workbenchReceive(encodeMessage(message));
}

function call(method: string): Promise<Reply> {
  const id = replies.size + 1;
  return new Promise((resolve) => {
    replies.set(id, resolve);
    post({ kind: 'call', id, method, args: [] });
  });
}

beforeAll(async () => {
  globals.__workbenchSend = (text) => {
    const message = decodeMessage<FromRealm>(text);
    if (message.kind === 'reply') replies.get(message.id)?.(message);
    if (message.kind === 'loadBitmap')
      // A turn of its own, as the page answers.
      setTimeout(() =>
        post({ kind: 'reply', id: message.id, value: { bitmap: 9, width: 4, height: 4 } }),
      );
  };
  const { default: sdk, editor } = await import('../../src/workbench/realm/index.js');
  const wait = () => editor.loadBitmapImage({} as Blob);
  const photo = () => [...editor.context.insertionParent.children][0];
  sdk.instance.runtime.exposeApi({
    keepsNode: async () => {
      const held = photo();
      await wait();
      return held.opacity;
    },
    findsAgain: async () => {
      await wait();
      return photo().opacity;
    },
    keepsActive: async () => {
      const held = photo();
      let read = -1;
      await editor.keepContentActiveDuringAsync(held, wait, () => (read = held.opacity));
      return read;
    },
    readsRemoved: () => {
      const held = photo();
      held.removeFromParent();
      return held.opacity;
    },
    answersFunction: () => () => 1,
  });
  post({ kind: 'command', command: { kind: 'open', bitmap: 1, width: 64, height: 64 } });
});

describe('a node', () => {
  it('is stale after a wait', async () => {
    expect((await call('keepsNode')).error).toMatch(/stale reference.*find the node again/);
  });

  it('can be found again', async () => {
    expect(await call('findsAgain')).toMatchObject({ value: 1 });
  });

  it('stays good while its content is kept active', async () => {
    expect(await call('keepsActive')).toMatchObject({ value: 1 });
  });

  it('says when it is no longer in the document', async () => {
    expect((await call('readsRemoved')).error).toMatch(/no longer in the document/);
  });
});

describe('a method of the sandbox', () => {
  it('may not answer what the host cannot pass', async () => {
    expect((await call('answersFunction')).error).toMatch(
      /result of answersFunction is a function/,
    );
  });

  it('has to exist', async () => {
    expect((await call('nothing')).error).toMatch(/no method nothing/);
  });
});
