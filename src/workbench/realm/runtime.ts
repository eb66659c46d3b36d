/** `add-on-sdk-document-sandbox`: the sandbox's side of the calls between it and the panel. */
import type * as Sdk from '@adobe/ccweb-add-on-sdk-types/add-on-sdk-document-sandbox';
import { checkTransferable } from '../sdk/transferable.js';
import { host } from './host.js';

type Api = Record<string, (...args: unknown[]) => unknown>;

let exposed: Api | undefined;

/** Calls a method the add-on exposed. */
export async function callExposed(method: string, args: unknown[]): Promise<unknown> {
  if (!exposed) throw new Error('the document sandbox has exposed no API');
  if (typeof exposed[method] !== 'function')
    throw new Error(`the document sandbox has no method ${method}`);
  const value = await exposed[method](...args);
  checkTransferable(value, `the result of ${method}`);
  return value;
}

const runtime: Pick<Sdk.Runtime, 'type' | 'exposeApi' | 'apiProxy'> = {
  type: 'documentSandbox' as Sdk.RuntimeType.documentSandbox,
  exposeApi<T>(api: T): void {
    if (exposed) throw new Error('exposeApi may be called once');
    exposed = api as Api;
  },
  async apiProxy<T>() {
    const proxy = new Proxy(
      {},
      {
        get: (_, method) =>
          method === 'then'
            ? undefined
            : (...args: unknown[]) => {
                checkTransferable(args, 'arguments');
                return host.ask({ kind: 'callPanel', method: String(method), args });
              },
      },
    );
    return proxy as Awaited<ReturnType<Sdk.Runtime['apiProxy']>> & T as never;
  },
};

const sandboxSdk = { instance: { runtime } };
export default sandboxSdk;
