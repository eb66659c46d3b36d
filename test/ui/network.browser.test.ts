/** Workers from blobs, and the one of them that downloads, where they start, stay silent, or fail. */
import { afterEach, expect, test } from 'vitest';
import { HeldWorker } from '../../src/ui/host/held-worker.js';
import { NetworkLink } from '../../src/ui/models/network.js';

const started: Worker[] = [];
afterEach(() => started.splice(0).forEach((worker) => worker.terminate()));

function held(script: string | URL): HeldWorker {
  const url = script instanceof URL ? script : new URL(`data:text/javascript,${script}`);
  const worker = new HeldWorker(url, { type: 'module' });
  started.push(worker);
  return worker;
}

const networkScript = new URL('../../src/worker/network-worker.ts', import.meta.url);
const hub = { kind: 'hub', repo: 'a/b' } as const;

test('a held worker hears what was said before its script was there, in order, with its ports', async () => {
  const { port1, port2 } = new MessageChannel();
  const worker = held(
    encodeURIComponent(
      'await new Promise((r) => setTimeout(r, 50)); let n = 0;' +
        'onmessage = ({ data }) => data.postMessage ? data.postMessage(++n) : postMessage([data, ++n])',
    ),
  );
  worker.postMessage(port2, [port2]);
  worker.postMessage('second');
  const answers = await Promise.all(
    [port1, worker].map(
      (end) => new Promise((resolve) => (end.onmessage = ({ data }) => resolve(data))),
    ),
  );
  expect(answers).toEqual([1, ['second', 2]]);
});

test('a held worker whose script is not there says so', async () => {
  const worker = held(new URL('/nowhere.js', location.href));
  const failed = await new Promise<ErrorEvent>((resolve) => (worker.onerror = resolve));
  failed.preventDefault();
  expect(failed.message).toMatch(/nowhere\.js/);
});

test('the network settles where its worker answers, fails, or stays silent; then a download is refused', async () => {
  await new NetworkLink(held(networkScript)).settled();
  await new NetworkLink(held(new URL('/nowhere.js', location.href)), 1e6).settled();
  const silent = new NetworkLink(held(''), 50);
  await silent.settled();
  await expect(silent.allow(hub)).rejects.toMatchObject({ code: 'networkGone' });
  // Files need nobody.
  await silent.allow({ kind: 'files', files: [] });
});

test('the network asks whom the user named, and nobody else', async () => {
  const network = new NetworkLink(held(networkScript));
  const { port1, port2 } = new MessageChannel();
  network.connect(port2);
  const ask = async (url: string) => {
    const question = { url, method: 'HEAD', headers: [], cache: 'default' };
    port1.postMessage({ callId: 0, call: { kind: 'fetch', fetchId: 0, question } });
    return new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
  };
  const own = `${location.origin}/models/garden-64/card.json?raw`;
  const refused = {
    reply: { code: 'modelFetch', message: expect.stringMatching(/host that was named/) },
  };
  expect(await ask(own)).toMatchObject(refused);
  await network.allow(hub);
  expect(await ask(own)).toMatchObject(refused);
  await network.allow({ kind: 'url', url: own });
  expect(await ask(own)).toMatchObject({ reply: { status: 200 } });
  await network.allow({ kind: 'files', files: [] });
  await expect.poll(() => ask(own)).toMatchObject(refused);
});
