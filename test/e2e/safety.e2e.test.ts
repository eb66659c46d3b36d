/** The built panel in its frame, and what its policy refuses. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BenchPage } from './bench-page.js';

let bench: BenchPage;
/** What the browser refused because of a policy. */
const refused: string[] = [];

beforeAll(async () => {
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  bench = await BenchPage.open();
  bench.page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) refused.push(message.text());
  });
});
afterAll(async () => {
  stranger.close();
  await bench?.close();
});

/** Somebody whom nothing here may connect to, and how often it was. */
let asked = 0;
const stranger = createServer((_, response) => {
  asked++;
  response.end('hello');
});
/** On this machine, but not by a name that downloads may come from. */
const host = () => `stranger.localhost:${(stranger.address() as AddressInfo).port}`;

/** The panel's workers say what they are called. */
async function worker(name: 'fill' | 'shelf' | 'network') {
  for (const found of bench.page.workers()) {
    if ((await found.evaluate(() => (globalThis as unknown as { name: string }).name)) === name)
      return found;
  }
  throw new Error(`there is no worker ${name}`);
}

it('shows its region and its plan within its policy', async () => {
  await bench.page.keyboard.press('e');
  await bench.drag([290, 190], [324, 220]);
  await bench.panel.getByTestId('region-size').waitFor();
  await expect
    .poll(() => bench.panel.getByTestId('plan').innerText(), { timeout: 120_000 })
    .toMatch(/steps/);
  expect(refused).toEqual([]);
  expect(bench.problems).toEqual([]);
});

interface Scope {
  readonly document?: Document;
  wasInjected?: boolean;
}

/** What a page, or a worker, does with a text as a program and with connections to others. */
async function attempts(host: string): Promise<Record<string, string>> {
  const outcome = async (act: () => unknown) => {
    try {
      await act();
      return 'done';
    } catch {
      return 'refused';
    }
  };
  const scope = globalThis as Scope;
  const script = scope.document?.createElement('script');
  if (script) {
    script.textContent = 'globalThis.wasInjected = true';
    scope.document!.body.append(script);
  }
  return {
    // In a task of its own: what a debugger evaluates is free of the policy.
    eval: await new Promise<string>((resolve) => {
      // eslint-disable-next-line no-eval -- what must be refused
      setTimeout(() => void outcome(() => (0, eval)('1')).then(resolve));
    }),
    inline: scope.wasInjected ? 'done' : 'refused',
    fetch: await outcome(() => fetch(`http://${host}/`, { mode: 'no-cors' })),
    socket: await outcome(
      () =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(`ws://${host}/`);
          socket.onopen = resolve;
          socket.onerror = reject;
        }),
    ),
    import: await outcome(() => import(/* @vite-ignore */ String('data:text/javascript,1'))),
  };
}

const allRefused = {
  eval: 'refused',
  inline: 'refused',
  fetch: 'refused',
  socket: 'refused',
  import: 'refused',
};

it('reaches a stranger from a page without a policy: the network is there', async () => {
  const other = await bench.page.context().newPage();
  expect(await other.evaluate(attempts, host())).toMatchObject({ eval: 'done', fetch: 'done' });
  await other.close();
  expect(asked).toBeGreaterThan(0);
});

it.each([
  ["the panel's page", () => bench.frame.evaluate(attempts, host())],
  [
    'the worker that sees the photos and runs models',
    async () => (await worker('fill')).evaluate(attempts, host()),
  ],
  [
    'the worker that keeps models, and reads those of strangers',
    async () => {
      await bench.panel.getByTestId('manage-models').click();
      await bench.panel.getByTestId('storage').waitFor();
      return (await worker('shelf')).evaluate(attempts, host());
    },
  ],
  [
    'the worker that downloads, but encrypted or from localhost,',
    async () => (await worker('network')).evaluate(attempts, host()),
  ],
  ["the workbench's page", () => bench.page.evaluate(attempts, host())],
])('%s runs no text as a program, and connects to nobody', async (_, tried) => {
  asked = 0;
  expect(await tried()).toEqual(allRefused);
  expect(asked).toBe(0);
});

interface Attack {
  readonly network: string;
  readonly url: string;
}

/**
 * Starts the network's worker from its own address, tells it to ask somebody, and starts another
 * from a blob. Returns: whether each was started, and answered.
 */
async function byWorkers({ network, url }: Attack): Promise<[string, string]> {
  const heard = (start: () => { worker: Worker; answers: MessagePort | Worker }) =>
    new Promise<string>((resolve) => {
      try {
        const { worker, answers } = start();
        worker.onerror = () => resolve('not started');
        answers.onmessage = () => resolve('started');
      } catch {
        resolve('not started');
      }
    });
  const fromAddress = heard(() => {
    const worker = new Worker(network, { type: 'module' });
    const { port1, port2 } = new MessageChannel();
    const tell = (id: string, value: unknown, moved: Transferable[]) =>
      worker.postMessage(
        { id, type: 'APPLY', path: [id], argumentList: [{ type: 'RAW', value }] },
        moved,
      );
    tell('allow', [new URL(url).origin], []);
    tell('connect', port2, [port2]);
    const question = { url, method: 'GET', headers: [], cache: 'default' };
    port1.postMessage({ callId: 0, call: { kind: 'fetch', fetchId: 0, question } });
    return { worker, answers: port1 };
  });
  const fromBlob = heard(() => {
    const script = `fetch('${url}', { mode: 'no-cors' }).finally(() => postMessage(''))`;
    const worker = new Worker(URL.createObjectURL(new Blob([script])));
    return { worker, answers: worker };
  });
  return [await fromAddress, await fromBlob];
}

describe('a script that starts workers to connect to others', () => {
  const attack = () => ({
    network: new URL('network.js', bench.frame.url()).href,
    url: `http://${host()}/`,
  });
  beforeEach(() => {
    asked = 0;
  });

  it('connects by both, were it not for the policy', async () => {
    const other = await bench.page.context().newPage();
    await other.goto(new URL('LICENSE.txt', bench.frame.url()).href);
    expect(await other.evaluate(byWorkers, attack())).toEqual(['started', 'started']);
    expect(asked).toBe(2);
    await other.close();
  });

  it.each([
    ["the panel's page", async () => bench.frame],
    ['the worker that fills', () => worker('fill')],
    ['the worker that keeps models', () => worker('shelf')],
  ] as const)(
    '%s starts none from an address, and one from a blob is as held',
    async (_, scope) => {
      expect(await (await scope()).evaluate(byWorkers, attack())).toEqual([
        'not started',
        'started',
      ]);
      expect(asked).toBe(0);
    },
  );
});
