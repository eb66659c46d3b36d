/** Where models are on the net, and as what people type or paste their addresses. Pure. */
import type { ModelOrigin } from './model-shelf-api.js';

/** The hub, and a mirror for networks that do not reach it. The same paths on both. */
export const hubHosts: readonly string[] = ['https://huggingface.co', 'https://hf-mirror.com'];
const pageHosts = ['huggingface.co', 'www.huggingface.co', 'hf.co', 'hf-mirror.com'];

/** True for an address of the hub or its mirror. */
export function isOnHub(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && pageHosts.includes(url.hostname);
}

/** A model that is downloaded. */
export type RemoteOrigin = Exclude<ModelOrigin, { kind: 'files' }>;

const hubName = /^[\w.-]+\/[\w.-]+(@[\w./-]+)?$/;

/** A repository's page means the repository, a file's page the file. */
function hubOrigin({ pathname }: URL): RemoteOrigin | null {
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

const isThisMachine = ({ protocol, hostname }: URL) =>
  protocol === 'http:' && ['localhost', '127.0.0.1'].includes(hostname);

/** Reads an https address or a Hugging Face name; null where it is neither. */
export function originOf(text: string): RemoteOrigin | null {
  const typed = text.trim();
  if (hubName.test(typed)) return { kind: 'hub', repo: typed };
  if (!URL.canParse(typed)) return null;
  const url = new URL(typed);
  if (url.protocol !== 'https:' && !isThisMachine(url)) return null;
  return isOnHub(url) ? hubOrigin(url) : { kind: 'url', url: url.href };
}

/** The origin as the user would type it. */
export function originText(origin: RemoteOrigin): string {
  return origin.kind === 'hub' ? origin.repo : origin.url;
}

/** Where a download of it comes from; null is the hub, or its mirror where that cannot be reached. */
export function hostOf(origin: RemoteOrigin): string | null {
  if (origin.kind === 'hub') return null;
  const url = new URL(origin.url);
  return isOnHub(url) ? null : url.host;
}
