/** Models named by an address or a repository: downloaded beside the model folders, resumably. */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { download } from '../shelf/fetch/download.js';
import type { PartFile } from '../shelf/store/file-store.js';
import { hubModel, parseRepo } from '../shelf/fetch/hub.js';
import type { RemoteModel } from '../shelf/fetch/hub.js';
import type { RemoteFile } from '../shelf/fetch/remote-file.js';
import { fetchSmall } from '../shelf/fetch/request.js';
import { urlModel } from '../shelf/fetch/url-model.js';
import { isPlainName, kebabId } from '../shelf/read/words.js';
import { RepaintError } from '../protocol/failure.js';
import type { ModelWords } from '../protocol/model-shelf-api.js';
import { readRange } from '../shelf/store/file-source.js';

/** A file on disk as the downloader appends to it. */
class DiskPart implements PartFile {
  private constructor(
    private readonly _file: FileHandle,
    public sizeBytes: number,
  ) {}

  static async open(name: string): Promise<DiskPart> {
    const file = await open(name, 'a+');
    return new DiskPart(file, (await file.stat()).size);
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      await this._file.appendFile(bytes);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
      const sentence = 'The disk is full; free some space and add the model again to go on.';
      throw new RepaintError('storageFull', sentence, { cause });
    }
    this.sizeBytes += bytes.byteLength;
  }

  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    return readRange(this._file, start, Math.max(start, Math.min(end, this.sizeBytes)));
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this._file.truncate(sizeBytes);
    this.sizeBytes = sizeBytes;
  }

  close(): Promise<void> {
    return this._file.close();
  }
}

export interface DownloadOptions {
  /** Where model folders lie. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (name: string, loadedBytes: number, totalBytes: number | null) => void;
  /** Pauses before further attempts. Units: milliseconds. */
  readonly pausesMs?: readonly number[];
}

/** A model whose files lie in a folder of their own, to be removed once they are added. */
export interface DownloadedModel {
  readonly folder: string;
  readonly file: string;
  readonly hints: Partial<ModelWords>;
}

const largestSmall = 4 * 2 ** 20;
/** The part of a name after its folders, whoever's separators they are. */
const last = (name: string) => /[^/\\]*$/.exec(name)![0].replace(/^\.*$/, 'model');

/** True for what names a model elsewhere: an address, or owner/name that is no file here. */
export function isRemote(text: string): boolean {
  return /^https?:\/\//.test(text) || (!existsSync(text) && parseRepo(text) !== null);
}

/** "…/resolve/main/unet/model.bin" of a repository is called by the repository, else by its host. */
function nameOf({ title }: RemoteModel, text: string): string {
  if (!isPlainName(title) || !URL.canParse(text)) return title;
  const { pathname, hostname } = new URL(text);
  const folders = pathname.split('/').slice(0, -1);
  return folders.filter((part) => !/^(|resolve|blob|raw|main|unet)$/.test(part)).at(-1) ?? hostname;
}

function findModel(text: string, signal: AbortSignal): Promise<RemoteModel> {
  return parseRepo(text) ? hubModel(text, signal) : urlModel(text, signal);
}

async function fetchConfig({ urls }: RemoteFile, to: string, signal: AbortSignal): Promise<void> {
  for (const [i, url] of urls.entries()) {
    try {
      await writeFile(to, await fetchSmall(url, largestSmall, signal));
      return;
    } catch (error) {
      if (i === urls.length - 1) throw error;
    }
  }
}

/**
 * Downloads into a part file, its server's mark beside it, and names it when it is whole. What an
 * earlier run has named is a part again: there may be another copy by now.
 */
async function fetchFile(file: RemoteFile, to: string, options: DownloadOptions): Promise<void> {
  if (existsSync(to)) await rename(to, `${to}.part`);
  const mark = `${to}.mark`;
  const part = await DiskPart.open(`${to}.part`);
  try {
    await download({
      file,
      part,
      validator: existsSync(mark) ? (await readFile(mark, 'utf8')) || null : null,
      onValidator: (validator) => writeFile(mark, validator ?? ''),
      signal: options.signal,
      onProgress: (loaded, total) => options.onProgress(last(file.name), loaded, total),
      ...(options.pausesMs && { pausesMs: options.pausesMs }),
    });
  } finally {
    await part.close();
  }
  await rename(`${to}.part`, to);
}

/**
 * Downloads what makes a model. What has come stays when it breaks off: the next call goes on.
 * Throws: RepaintError modelUnknown, modelFetch, modelHash, modelUnusable, storageFull, cancelled.
 */
export async function downloadModel(
  text: string,
  options: DownloadOptions,
): Promise<DownloadedModel> {
  const { signal } = options;
  const model = await findModel(text, signal);
  const folder = path.join(options.folder, `${kebabId(text)}.download`);
  await mkdir(folder, { recursive: true });
  for (const file of model.companions) {
    const to = path.join(folder, last(file.name));
    if (/\.json$/i.test(file.name)) await fetchConfig(file, to, signal);
    else await fetchFile(file, to, options);
  }
  const file = path.join(folder, last(model.weights.name));
  await fetchFile(model.weights, file, options);
  const { licence } = model;
  return { folder, file, hints: { name: nameOf(model, text), ...(licence && { licence }) } };
}

/** Downloads with a bar on stderr; Ctrl+C ends it, and what has come stays. */
export async function downloadWithBar(text: string, folder: string): Promise<DownloadedModel> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  const bar = new SingleBar({
    format: '{name} [{bar}] {value}/{total} MB, {eta_formatted} left',
    hideCursor: true,
  });
  let shown: string | null = null;
  const onProgress = (name: string, loadedBytes: number, totalBytes: number | null) => {
    const megabytes = Math.floor(loadedBytes / 1e6);
    const total = Math.ceil((totalBytes ?? loadedBytes) / 1e6);
    if (name === shown) bar.update(megabytes, { name });
    else bar.start(total, megabytes, { name });
    shown = name;
    bar.setTotal(total);
  };
  try {
    return await downloadModel(text, { folder, signal: stop.signal, onProgress });
  } finally {
    process.off('SIGINT', interrupt);
    if (shown !== null) bar.stop();
  }
}

/** Removes the files of a download. */
export function forgetDownload({ folder }: DownloadedModel): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
