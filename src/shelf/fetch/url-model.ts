/** A model named by the address of its weights; what belongs to it is looked for beside them. */
import { RepaintError } from '../../protocol/failure.js';
import { hubHosts, isOnHub } from '../../protocol/hub-address.js';
import type { RemoteModel } from './hub.js';
import type { RemoteFile } from './remote-file.js';
import { follow } from './follow.js';
import { askSize, isPage } from './request.js';

const maxWaitMs = 15_000;
/** Relative to the weights. */
const configs = [
  'config.json',
  'scheduler_config.json',
  '../scheduler/scheduler_config.json',
  'card.json',
];
/** What exporters append to an .onnx's name for the weights that it does not hold itself. */
const dataEndings = ['_data', '.data'];

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new RepaintError('modelUnknown', `"${text}" is no address: it must begin with https://.`);
}

/** A page about a file on the hub stands for the file, which the mirror has too. */
export function addressesOf(url: URL): string[] {
  if (!isOnHub(url)) return [url.href];
  const path = url.pathname.replace(/^(\/[^/]+\/[^/]+)\/blob\//, '$1/resolve/');
  return hubHosts.map((host) => `${host}${path}`);
}

function fileName(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Addresses with one that answers first. Throws: RepaintError modelFetch, cancelled. */
async function findWeights(urls: readonly string[], signal: AbortSignal): Promise<RemoteFile> {
  let first: unknown = null;
  for (const url of urls) {
    try {
      const sizeBytes = await askSize(url, maxWaitMs, signal);
      const inOrder = [url, ...urls.filter((other) => other !== url)];
      return { name: fileName(url), urls: inOrder, sizeBytes, sha256: null };
    } catch (error) {
      if (error instanceof RepaintError && error.code === 'cancelled') throw error;
      first ??= error;
    }
  }
  throw first;
}

/** null where there is none; servers that refuse HEAD count as having none. */
async function findConfig(
  relative: string,
  { urls }: RemoteFile,
  signal: AbortSignal,
): Promise<RemoteFile | null> {
  const beside = urls.map((url) => new URL(relative, url).href);
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(maxWaitMs)]);
  const response = await follow(beside[0], { method: 'HEAD', signal: timeout }).catch(() => null);
  if (!response?.ok || isPage(response)) return null;
  return { name: fileName(beside[0]), urls: beside, sizeBytes: null, sha256: null };
}

/** null where there is none. */
async function findData(
  ending: string,
  { urls }: RemoteFile,
  signal: AbortSignal,
): Promise<RemoteFile | null> {
  const beside = urls.map((url) => {
    const data = new URL(url);
    data.pathname += ending;
    return data.href;
  });
  const sizeBytes = await askSize(beside[0], maxWaitMs, signal).catch(() => null);
  return sizeBytes ? { name: fileName(beside[0]), urls: beside, sizeBytes, sha256: null } : null;
}

/**
 * Looks at an address and beside it.
 * Throws: RepaintError modelUnknown for an address that is none, modelFetch when there is no such
 * file or a page instead of one, cancelled.
 */
export async function urlModel(text: string, signal: AbortSignal): Promise<RemoteModel> {
  const weights = await findWeights(addressesOf(parse(text.trim())), signal);
  const isGraph = weights.name.toLowerCase().endsWith('.onnx');
  const found = await Promise.all([
    ...configs.map((relative) => findConfig(relative, weights, signal)),
    ...(isGraph ? dataEndings.map((ending) => findData(ending, weights, signal)) : []),
  ]);
  if (signal.aborted) throw new RepaintError('cancelled', 'The look-up was cancelled.');
  const present = found.filter((file) => file !== null);
  const companions = present.filter(
    (file, i) => present.findIndex((other) => other.name === file.name) === i,
  );
  return { title: weights.name, weights, companions, licence: null };
}
