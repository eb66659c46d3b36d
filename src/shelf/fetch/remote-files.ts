/** The files of a model on the network, as the import takes them. */
import { sourceFromBytes } from '../../checkpoint/byte-source.js';
import { hubModel, type RemoteModel } from './hub.js';
import type { RemoteFile } from './remote-file.js';
import { fetchSmall } from './request.js';
import { urlModel } from './url-model.js';
import type { SourceFile } from '../read/source-file.js';
import type { RemoteOrigin } from '../../protocol/hub-address.js';
import type { ModelWords } from '../../protocol/model-shelf-api.js';
import { isPlainName } from '../read/words.js';
import { rangeSource } from './range-source.js';

const maxSmallBytes = 4 * 2 ** 20;

/** Throws: RepaintError modelUnknown, modelFetch, modelUnusable, cancelled. */
export function findRemote(origin: RemoteOrigin, signal: AbortSignal): Promise<RemoteModel> {
  return origin.kind === 'hub' ? hubModel(origin.repo, signal) : urlModel(origin.url, signal);
}

export function isJson({ name }: RemoteFile): boolean {
  return name.toLowerCase().endsWith('.json');
}

/** "…/resolve/main/unet/model.bin" is called by its folders, or its host where they say nothing. */
function nameOf(title: string, origin: RemoteOrigin): string {
  if (!isPlainName(title) || origin.kind === 'hub') return title;
  const { pathname, hostname } = new URL(origin.url);
  const folders = pathname.split('/').slice(0, -1);
  return folders.filter((part) => !/^(|resolve|blob|raw|main|unet)$/.test(part)).at(-1) ?? hostname;
}

/** What is known of a model from where it lies. */
export function hintsOf(
  { title, licence }: RemoteModel,
  origin: RemoteOrigin,
): Partial<ModelWords> {
  return { name: nameOf(title, origin), ...(licence && { licence }) };
}

/** A config is fetched whole, from the first address that has it. */
async function smallFile({ name, urls }: RemoteFile, signal: AbortSignal): Promise<SourceFile> {
  let last: unknown = null;
  for (const url of urls) {
    try {
      return { name, source: sourceFromBytes(await fetchSmall(url, maxSmallBytes, signal)) };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/**
 * Configs first, then one large file after the other: nothing is still under way when one fails.
 * `large`: how a file of weights is read. Throws: RepaintError modelFetch, cancelled.
 */
export async function sourcesOf(
  { weights, companions }: RemoteModel,
  signal: AbortSignal,
  large: (file: RemoteFile) => Promise<SourceFile>,
): Promise<SourceFile[]> {
  const files = [weights, ...companions];
  const configs = files.filter(isJson).map((file) => smallFile(file, signal));
  const sources = await Promise.all(configs);
  for (const file of files) if (!isJson(file)) sources.push(await large(file));
  return sources;
}

/** Large files by range, without downloading them. */
export function lookSources(model: RemoteModel, signal: AbortSignal): Promise<SourceFile[]> {
  return sourcesOf(model, signal, async (file) => ({
    name: file.name,
    source: rangeSource(file, signal),
  }));
}
