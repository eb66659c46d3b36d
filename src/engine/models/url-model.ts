/** A model named by the address of its weights; what belongs to it is looked for beside them. */
import { RepaintError } from '../../protocol/failure.js';
import { hubHosts } from './hub.js';
import type { RemoteModel } from './hub.js';
import type { RemoteFile } from './remote-file.js';

const maxHeadMs = 15_000;
/** Relative to the weights. */
const companions = [
  'config.json',
  'scheduler_config.json',
  '../scheduler/scheduler_config.json',
  'card.json',
];

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new RepaintError('modelUnknown', `"${text}" is no address: it must begin with https://.`);
}

/** A page about a file on the hub stands for the file, which the mirror has too. */
function addressesOf(url: URL): string[] {
  if (url.origin !== hubHosts[0]) return [url.href];
  const path = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/');
  return hubHosts.map((host) => `${host}${path}`);
}

function fileName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
}

/** null where there is no such file; servers that refuse HEAD count as having none. */
async function exists(url: string, signal: AbortSignal): Promise<Response | null> {
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(maxHeadMs)]);
  const response = await fetch(url, { method: 'HEAD', signal: timeout }).catch(() => null);
  const isPage = response?.headers.get('content-type')?.startsWith('text/html') ?? false;
  return response?.ok && !isPage ? response : null;
}

async function companion(
  bases: readonly string[],
  relative: string,
  signal: AbortSignal,
): Promise<RemoteFile | null> {
  const urls = bases.map((base) => new URL(relative, base).href);
  const found = await exists(urls[0], signal);
  return found && { name: fileName(urls[0]), urls, sizeBytes: null, sha256: null };
}

/** Throws: RepaintError modelUnknown for an address that is none, cancelled. */
export async function urlModel(text: string, signal: AbortSignal): Promise<RemoteModel> {
  const urls = addressesOf(parse(text.trim()));
  const found = await Promise.all(companions.map((path) => companion(urls, path, signal)));
  if (signal.aborted) throw new RepaintError('cancelled', 'The look-up was cancelled.');
  const head = await exists(urls[0], signal);
  const length = Number(head?.headers.get('content-length') ?? NaN);
  const unique = found.filter(
    (file, i) => file && found.findIndex((other) => other?.name === file.name) === i,
  );
  return {
    title: fileName(urls[0]),
    weights: {
      name: fileName(urls[0]),
      urls,
      sizeBytes: length > 0 ? length : null,
      sha256: null,
    },
    companions: unique.filter((file) => file !== null),
    licence: null,
  };
}
