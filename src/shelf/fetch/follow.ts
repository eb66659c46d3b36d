/** Follows redirects, but not everywhere: a server elsewhere must not send anyone into this network. */
import { RepaintError } from '../../protocol/failure.js';

const maxHops = 8;
const isRedirect = ({ status }: Response) => [301, 302, 303, 307, 308].includes(status);

/** Browsers show no redirect before they have followed it; Node leaves them to us. */
const isBrowser = 'WorkerGlobalScope' in globalThis || 'window' in globalThis;

const localNames = /^(localhost|.*\.(localhost|local|internal|home\.arpa))$/;
const localV6 = /^(::1?|f[cd][0-9a-f]{2}:.*|fe[89ab][0-9a-f]:.*)$/;

function isLocalV4([a, b]: readonly number[]): boolean {
  const isPrivate =
    a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || a === 127;
  return isPrivate || a === 0 || (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128);
}

/** True for addresses of this machine and of private networks, as `URL` spells them. */
export function isLocalHost(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const v4 = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(name);
  if (v4) return isLocalV4(v4.slice(1).map(Number));
  const mapped = /^::ffff:([0-9a-f]+):[0-9a-f]+$/.exec(name);
  if (mapped) return isLocalV4([parseInt(mapped[1], 16) >> 8, parseInt(mapped[1], 16) & 255]);
  return localNames.test(name) || localV6.test(name);
}

/** Throws: RepaintError modelFetch where a redirect leaves https or enters this network. */
export function checkRedirect(from: string, to: string): void {
  const [source, target] = [new URL(from), new URL(to)];
  if (!/^https?:$/.test(target.protocol)) {
    throw new RepaintError('modelFetch', `${from} leads to ${to}, which is no web address.`);
  }
  if (source.protocol === 'https:' && target.protocol !== 'https:') {
    throw new RepaintError(
      'modelFetch',
      `${from} leads to ${to}, which is not encrypted: give an https address that stays on https.`,
    );
  }
  if (isLocalHost(target.hostname) && !isLocalHost(source.hostname)) {
    throw new RepaintError(
      'modelFetch',
      `${from} leads to ${target.hostname}, on this machine or in its network: nothing is fetched from there.`,
    );
  }
}

export type Follow = (url: string, init?: RequestInit) => Promise<Response>;

/** Asks instead of this thread, where it may connect to nobody. */
let messenger: Follow | null = null;

/** From now on everything but blobs is asked for by `other`. */
export function followBy(other: Follow): void {
  messenger = other;
}

/**
 * Fetches as `fetch` does, with the redirects checked; in a browser once they were followed, before
 * anything of the answer is used. Throws: RepaintError modelFetch; what `fetch` throws.
 */
export async function follow(url: string, init: RequestInit = {}): Promise<Response> {
  const isBlob = new URL(url).protocol === 'blob:';
  if (messenger && !isBlob) return messenger(url, init);
  if (isBrowser || isBlob) {
    const response = await fetch(url, init);
    if (response.redirected) await refused(response, () => checkRedirect(url, response.url));
    return response;
  }
  let at = url;
  for (let hop = 0; hop <= maxHops; hop++) {
    const response = await fetch(at, { ...init, redirect: 'manual' });
    const location = response.headers.get('location');
    if (!isRedirect(response) || location === null) return response;
    const next = new URL(location, at).href;
    await response.body?.cancel();
    checkRedirect(at, next);
    at = next;
  }
  throw new RepaintError('modelFetch', `${url} leads on and on: give the file's own address.`);
}

async function refused(response: Response, check: () => void): Promise<void> {
  try {
    check();
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
}
