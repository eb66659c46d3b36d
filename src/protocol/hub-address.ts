/** Where repositories of models are, and as what people paste their addresses. */

/** The hub, and a mirror for networks that do not reach it. The same paths on both. */
export const hubHosts: readonly string[] = ['https://huggingface.co', 'https://hf-mirror.com'];
const pageHosts = ['huggingface.co', 'www.huggingface.co', 'hf.co', 'hf-mirror.com'];

/** True for an address of the hub or its mirror. */
export function isOnHub(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && pageHosts.includes(url.hostname);
}
