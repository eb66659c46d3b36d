/** Calls to the document sandbox, each answered or given up in time. */
import type { PanelApi, SandboxApi } from '../../protocol/sandbox-api.js';
import { ProblemError } from '../problem.js';

/** `SandboxApi` from the panel's side: every method answers a promise. */
export type SandboxClient = {
  [K in keyof SandboxApi]: (
    ...args: Parameters<SandboxApi[K]>
  ) => Promise<Awaited<ReturnType<SandboxApi[K]>>>;
};

const quickMs = 10_000;
/** The host may take a minute to hand out or take in a bitmap. */
const bitmapMs = 70_000;

/** Every method by name: the host's proxy answers any name, `then` included. */
const timeoutsMs: Record<keyof SandboxApi, number> = {
  hello: quickMs,
  readSelection: quickMs,
  readOriginalPixels: bitmapMs,
  clearView: quickMs,
  restoreView: quickMs,
  addLayer: bitmapMs,
  editPage: quickMs,
  readPage: quickMs,
};

/** Rejects with `sandboxSilent` when the answer does not come in time. */
export function answerWithin<T>(answer: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new ProblemError('sandboxSilent', `${what} did not answer within ${ms} ms.`)),
      ms,
    );
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Wraps the host's proxy of the document sandbox. */
export function sandboxClient(proxy: SandboxClient): SandboxClient {
  const call =
    (name: keyof SandboxApi) =>
    (...args: unknown[]) => {
      const method = proxy[name] as (...args: unknown[]) => Promise<unknown>;
      return answerWithin(Promise.resolve(method(...args)), timeoutsMs[name], name);
    };
  const methods = Object.keys(timeoutsMs) as (keyof SandboxApi)[];
  return Object.fromEntries(methods.map((name) => [name, call(name)])) as SandboxClient;
}

/** Tells whoever listens that the host's selection changed. */
export class SelectionBell implements PanelApi {
  onRing: () => void = () => undefined;

  readonly selectionChanged = (): void => this.onRing();
}
