/** Repositories on Hugging Face: which of their files make a model, and where those lie. */
import { RepaintError } from '../../protocol/failure.js';
import type { RemoteFile } from './remote-file.js';
import { chooseFiles } from './choose-files.js';

/** The hub, and a mirror for networks that do not reach it. The same paths on both. */
export const hubHosts: readonly string[] = ['https://huggingface.co', 'https://hf-mirror.com'];

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

const repoPattern = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/;
const pagePattern = /^https:\/\/huggingface\.co\/([\w.-]+\/[\w.-]+?)(?:\/tree\/([\w./-]+?))?\/?$/;

/** "owner/name", "owner/name@revision", or the address of its page; null for anything else. */
export function parseRepo(text: string): RepoName | null {
  const match = pagePattern.exec(text.trim()) ?? repoPattern.exec(text.trim());
  return match?.[1] ? { repo: match[1], revision: match[2] ?? 'main' } : null;
}

async function list(host: string, { repo, revision }: RepoName, signal: AbortSignal) {
  // Large, and needed only here.
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const fetchHub: typeof fetch = (input, init) => fetch(input, { ...init, signal });
  const common = { hubUrl: host, revision, fetch: fetchHub };
  const files: { path: string; size: number; sha256: string | null }[] = [];
  for await (const entry of listFiles({ ...common, repo, recursive: true })) {
    const { type, path, size, lfs } = entry;
    if (type === 'file') files.push({ path, size: lfs?.size ?? size, sha256: lfs?.oid ?? null });
  }
  const info = await modelInfo({ ...common, name: repo, additionalFields: ['tags'] });
  const tag = info.tags?.find((text) => text.startsWith('license:'));
  return { files, licence: tag?.slice('license:'.length) ?? null };
}

function statusOf(error: unknown): number | null {
  const status: unknown = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : null;
}

function explained(error: unknown, { repo }: RepoName, signal: AbortSignal): RepaintError {
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

/**
 * Finds what makes a model in a repository. Asks one host after the other.
 * Throws: RepaintError modelUnknown, modelFetch, modelUnusable (no weights, or a choice), cancelled.
 */
export async function hubModel(
  text: string,
  signal: AbortSignal,
  hosts: readonly string[] = hubHosts,
): Promise<RemoteModel> {
  const name = parseRepo(text);
  if (!name) {
    throw new RepaintError('modelUnknown', `"${text}" is no repository: expected owner/name.`);
  }
  const { files, licence } = await askHosts(name, signal, hosts);
  const chosen = chooseFiles(
    files.map(({ path }) => path),
    name.repo,
  );
  const remote = (path: string): RemoteFile => {
    const file = files.find((entry) => entry.path === path);
    const address = `${name.repo}/resolve/${encodeURIComponent(name.revision)}/${path}`;
    return {
      name: path,
      urls: hosts.map((host) => `${host}/${address}`),
      sizeBytes: file?.size ?? null,
      sha256: file?.sha256 ?? null,
    };
  };
  return {
    title: name.repo,
    weights: remote(chosen.weights),
    companions: chosen.companions.map(remote),
    licence,
  };
}

async function askHosts(name: RepoName, signal: AbortSignal, hosts: readonly string[]) {
  let last: RepaintError | null = null;
  for (const host of hosts) {
    try {
      return await list(host, name, signal);
    } catch (error) {
      last = explained(error, name, signal);
      if (last.code !== 'modelFetch') throw last;
    }
  }
  throw last ?? new RepaintError('modelFetch', 'No host was named.');
}
