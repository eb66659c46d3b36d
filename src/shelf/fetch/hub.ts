/** Repositories on Hugging Face: which of their files make a model, and where those lie. */
import { RepaintError } from '../../protocol/failure.js';
import { hubHosts, originOf } from '../../protocol/hub-address.js';
import { follow } from './follow.js';
import type { RemoteFile } from './remote-file.js';
import { chooseFiles } from './choose-files.js';

/** A host may be out of reach without saying so. */
const defaultTimeoutMs = 20_000;

export interface RemoteModel {
  readonly title: string;
  readonly weights: RemoteFile;
  /** Small or large files that belong to it: configs, card, external data. */
  readonly companions: readonly RemoteFile[];
  /** As the repository says; null where it does not. */
  readonly licence: string | null;
}

interface RepoName {
  readonly repo: string;
  readonly revision: string;
}

/** "owner/name", "owner/name@revision", or the address of its page; null for anything else. */
export function parseRepo(text: string): RepoName | null {
  const origin = originOf(text);
  if (origin?.kind !== 'hub') return null;
  const [repo, revision = 'main'] = origin.repo.split('@');
  return { repo, revision };
}

interface HubQuestion {
  readonly name: RepoName;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Far more than the hub's own largest answers. */
const maxAnswerBytes = 2 ** 25;
const maxFiles = 10_000;

/** An answer that ends with an error when it grows too large. */
async function bounded(input: string | URL | Request, init: RequestInit): Promise<Response> {
  const url = input instanceof Request ? input.url : String(input);
  const response = await follow(url, init);
  if (!response.body) return response;
  let count = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      count += piece.byteLength;
      if (count <= maxAnswerBytes) return controller.enqueue(piece);
      const sentence = `${url} answered with more than ${maxAnswerBytes / 2 ** 20} MB: it is no model hub.`;
      controller.error(new RepaintError('modelFetch', sentence));
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(counted), { status, statusText, headers });
}

async function list(host: string, { name, signal, timeoutMs }: HubQuestion) {
  const { repo, revision } = name;
  // Large, and needed only here.
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const fetchHub: typeof fetch = (input, init) =>
    bounded(input, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
  const common = { hubUrl: host, fetch: fetchHub };
  const files: { path: string; size: number; sha256: string | null }[] = [];
  // listFiles 2.17.5 puts the revision into the address as it is, modelInfo encodes it.
  const listed = { ...common, repo, revision: encodeURIComponent(revision), recursive: true };
  for await (const entry of listFiles(listed)) {
    const { type, path, size, lfs } = entry;
    if (files.length >= maxFiles) {
      const sentence = `${repo} has more than ${maxFiles} files: give the address of the weights.`;
      throw new RepaintError('modelFetch', sentence);
    }
    if (type === 'file') files.push({ path, size: lfs?.size ?? size, sha256: lfs?.oid ?? null });
  }
  const info = await modelInfo({ ...common, name: repo, revision, additionalFields: ['tags'] });
  const tag = info.tags?.find((text) => text.startsWith('license:'));
  return { host, files, licence: tag?.slice('license:'.length) ?? null };
}

function statusOf(error: unknown): number | null {
  const status: unknown = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}

function explained(error: unknown, { name, signal }: HubQuestion): RepaintError {
  if (error instanceof RepaintError) return error;
  const repo = name.revision === 'main' ? name.repo : `${name.repo}@${name.revision}`;
  if (signal.aborted) return new RepaintError('cancelled', 'The look-up was cancelled.');
  const status = statusOf(error);
  if (status === 404 || status === 401) {
    // The hub answers 401 for repositories that do not exist, too.
    return new RepaintError(
      'modelUnknown',
      `Hugging Face has no public model ${repo}: check the name. Files of a private or gated model can be downloaded there and added from this machine.`,
      { cause: error },
    );
  }
  return new RepaintError(
    'modelFetch',
    `Hugging Face could not be asked for ${repo}${status === null ? '' : ` (it answered ${status})`}: check the connection and try again.`,
    { cause: error },
  );
}

/** The host that answered comes first: it will be asked for the files, too. */
function addresses(path: string, { repo, revision }: RepoName, hosts: readonly string[]): string[] {
  const inRepo = path.split('/').map(encodeURIComponent).join('/');
  return hosts.map((host) => `${host}/${repo}/resolve/${encodeURIComponent(revision)}/${inRepo}`);
}

/**
 * Finds what makes a model in a repository. Asks one host after the other.
 * Throws: RepaintError modelUnknown, modelFetch, modelUnusable (no weights, or a choice), cancelled.
 */
export async function hubModel(
  text: string,
  signal: AbortSignal,
  hosts: readonly string[] = hubHosts,
  timeoutMs = defaultTimeoutMs,
): Promise<RemoteModel> {
  const name = parseRepo(text);
  if (!name) {
    throw new RepaintError('modelUnknown', `"${text}" is no repository: expected owner/name.`);
  }
  const { host, files, licence } = await askHosts({ name, signal, timeoutMs }, hosts);
  const chosen = chooseFiles(
    files.map(({ path }) => path),
    name.repo,
  );
  const inOrder = [host, ...hosts.filter((other) => other !== host)];
  const remote = (path: string): RemoteFile => {
    const file = files.find((entry) => entry.path === path);
    const urls = addresses(path, name, inOrder);
    return { name: path, urls, sizeBytes: file?.size ?? null, sha256: file?.sha256 ?? null };
  };
  return {
    title: name.repo,
    weights: remote(chosen.weights),
    companions: chosen.companions.map(remote),
    licence,
  };
}

async function askHosts(question: HubQuestion, hosts: readonly string[]) {
  let last: RepaintError | null = null;
  for (const host of hosts) {
    try {
      return await list(host, question);
    } catch (error) {
      last = explained(error, question);
      if (last.code !== 'modelFetch') throw last;
    }
  }
  throw last ?? new RepaintError('modelFetch', 'No host was named.');
}
