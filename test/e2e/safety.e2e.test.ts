/** The built panel in its frame, and what its policy refuses. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BenchPage } from './bench-page.js';

let bench: BenchPage;
/** What the browser refused because of a policy. */
const refused: string[] = [];

beforeAll(async () => {
  bench = await BenchPage.open();
  bench.page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) refused.push(message.text());
  });
});
afterAll(() => bench?.close());

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

it('runs no text as a program, and connects to nobody', async () => {
  const tried = await frame().evaluate(async () => {
    const attempt = async (act: () => unknown) => {
      try {
        await act();
        return 'done';
      } catch {
        return 'refused';
      }
    };
    const script = document.createElement('script');
    script.textContent = 'globalThis.wasInjected = true';
    document.body.append(script);
    return {
      // In a task of the page's own: what a debugger evaluates is free of the policy.
      eval: await new Promise((resolve) =>
        setTimeout(() => void attempt(() => (0, eval)('1')).then(resolve)),
      ),
      inline: 'wasInjected' in globalThis ? 'done' : 'refused',
      fetch: await attempt(() => fetch('https://example.com/', { mode: 'no-cors' })),
      socket: await attempt(
        () =>
          new Promise((resolve, reject) => {
            const socket = new WebSocket('wss://example.com/');
            socket.onopen = resolve;
            socket.onerror = reject;
          }),
      ),
    };
  });
  expect(tried).toEqual({
    eval: 'refused',
    inline: 'refused',
    fetch: 'refused',
    socket: 'refused',
  });
  // By the policy, not for want of a network.
  expect(refused.filter((text) => /connect-src/.test(text)).length).toBeGreaterThanOrEqual(2);
});
