/** The built panel in its frame, and what its policy refuses. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
const host = () => `127.0.0.1:${(stranger.address() as AddressInfo).port}`;

/** The worker that fills; one from a blob, so that it is within the page's policy. */
function worker() {
  const found = bench.page.workers().find((it) => it.url().startsWith('blob:'));
  if (!found) throw new Error('there is no worker');
  return found;
}

/** The panel's frame, as its own scripts see it. */
function frame() {
  const found = bench.page.frames().find((it) => it.url().startsWith('http://localhost'));
  if (!found) throw new Error('there is no panel');
  return found;
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
  ["the panel's page", () => frame().evaluate(attempts, host())],
  ['the worker that sees the photos and runs models', () => worker().evaluate(attempts, host())],
  ["the workbench's page", () => bench.page.evaluate(attempts, host())],
])('%s runs no text as a program, and connects to nobody', async (_, tried) => {
  asked = 0;
  expect(await tried()).toEqual(allRefused);
  expect(asked).toBe(0);
});
