/** What a user may type or drop to say where a model is. Pure. */
import { hubHosts, isOnHub } from '../../protocol/hub-address.js';
import type { ModelOrigin } from '../../protocol/model-shelf-api.js';

type AddressedOrigin = Exclude<ModelOrigin, { kind: 'files' }>;

const hubName = /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/;

/** A repository's page means the repository, a file's page the file. */
function hubOrigin({ pathname }: URL): AddressedOrigin | null {
  const [owner, name, view, revision, ...rest] = pathname.split('/').filter(Boolean);
  if (!owner || !name) return null;
  if (view === undefined) return { kind: 'hub', repo: `${owner}/${name}` };
  if (view === 'tree' && revision && rest.length === 0) {
    return { kind: 'hub', repo: `${owner}/${name}@${revision.replace(/%2f/gi, '/')}` };
  }
  if ((view !== 'blob' && view !== 'resolve') || rest.length === 0) return null;
  const file = [owner, name, 'resolve', revision, ...rest].join('/');
  return { kind: 'url', url: `${hubHosts[0]}/${file}` };
}

/** Reads an https address or a Hugging Face name; null where it is neither. */
export function originOf(text: string): AddressedOrigin | null {
  const typed = text.trim();
  if (hubName.test(typed)) return { kind: 'hub', repo: typed };
  if (!URL.canParse(typed)) return null;
  const url = new URL(typed);
  if (url.protocol !== 'https:' && url.hostname !== 'localhost') return null;
  return isOnHub(url) ? hubOrigin(url) : { kind: 'url', url: url.href };
}

/** The origin as the user would type it. */
export function originText(origin: AddressedOrigin): string {
  return origin.kind === 'hub' ? origin.repo : origin.url;
}

/** Where a download of it comes from; null is the hub, or its mirror where that cannot be reached. */
export function hostOf(origin: AddressedOrigin): string | null {
  if (origin.kind === 'hub') return null;
  const url = new URL(origin.url);
  return isOnHub(url) ? null : url.host;
}

/**
 * Adds files to those given before; one of the same name takes the other's place. `paths`: their
 * names with the folders they were dropped in.
 */
export function withFiles(
  origin: ModelOrigin | null,
  files: readonly File[],
  paths: readonly string[] = files.map(({ name }) => name),
): ModelOrigin {
  const before = origin?.kind === 'files' ? origin : { files: [], paths: [] };
  const given = [
    ...before.files.map((file, i) => ({ file, path: before.paths?.[i] ?? file.name })),
    ...files.map((file, i) => ({ file, path: paths[i] ?? file.name })),
  ];
  const kept = [...new Map(given.map((entry) => [entry.path, entry])).values()];
  const isFlat = kept.every(({ file, path }) => file.name === path);
  const kind = { kind: 'files', files: kept.map(({ file }) => file) } as const;
  return isFlat ? kind : { ...kind, paths: kept.map(({ path }) => path) };
}
