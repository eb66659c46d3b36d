/** Entry of the panel: meets the host, then hands everything to `<repaint-panel>`. */
import addOnUISdk, {
  type RuntimeType,
} from 'https://new.express.adobe.com/static/add-on-sdk/sdk.js';
import { shippedIds } from '../protocol/model-card.js';
import { startWorker } from './fill/start-worker.js';
import { keptIn } from './host/kept.js';
import { Journal } from './host/journal.js';
import { HostLook } from './host/look.js';
import { SelectionBell, sandboxClient, type SandboxClient } from './host/sandbox-client.js';
import { startNetwork } from './models/network.js';
import { startShelf } from './models/start-shelf.js';
import './panel.js';
import { problemOf, type Problem } from './problem.js';
import { pixelSource } from './selection/pixels.js';
import { Session } from './session.js';

/** Set by the build, as in the document sandbox. */
declare const __BUILD_ID__: string;

async function meetSandbox(bell: SelectionBell): Promise<SandboxClient> {
  const { runtime } = addOnUISdk.instance;
  if (!runtime.exposeApi || !runtime.apiProxy) {
    throw new Error('This version of Adobe Express gives add-ons no document sandbox.');
  }
  runtime.exposeApi({ selectionChanged: bell.selectionChanged });
  const proxy = await runtime.apiProxy('documentSandbox' as RuntimeType.documentSandbox);
  return sandboxClient(proxy as unknown as SandboxClient);
}

/** What the sandbox says of itself; a silent one is met as if it had no original pixels. */
async function greet(
  sandbox: SandboxClient,
): Promise<{ hasOriginalPixels: boolean; problem: Problem | null }> {
  try {
    const { buildId, hasOriginalPixels } = await sandbox.hello();
    const isStale = buildId !== __BUILD_ID__;
    const detail = `panel ${__BUILD_ID__}, document sandbox ${buildId}`;
    return { hasOriginalPixels, problem: isStale ? { code: 'sandboxStale', detail } : null };
  } catch (error) {
    return { hasOriginalPixels: false, problem: problemOf(error, 'sandboxSilent') };
  }
}

/** Hosts name their document by a promise, or not at all. */
async function openDocumentId(): Promise<string | null> {
  try {
    return (await addOnUISdk.app.document.id()) ?? null;
  } catch {
    return null;
  }
}

/** In the page it would need a hash in the policy, which changes with each minifier. */
function stylePage(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('html, body { margin: 0; min-height: 100%; }');
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

async function start(): Promise<void> {
  const { network, isNarrow } = startNetwork();
  stylePage();
  await addOnUISdk.ready;
  const bell = new SelectionBell();
  const sandbox = await meetSandbox(bell);
  const [{ hasOriginalPixels, problem }, journal, documentId] = await Promise.all([
    greet(sandbox),
    Journal.open(),
    openDocumentId(),
  ]);
  const session = new Session({
    sandbox,
    bell,
    pixels: pixelSource(sandbox, addOnUISdk, hasOriginalPixels),
    kept: keptIn(addOnUISdk.instance.clientStorage),
    startWorker,
    startShelf: () => startShelf(network),
    journal,
    documentId,
    version: __BUILD_ID__,
    shippedModels: shippedIds.map((id) => ({
      id,
      manifestUrl: new URL(`models/${id}/model.json`, document.baseURI).href,
    })),
  });
  session.hostProblem = problem;
  const look = new HostLook(addOnUISdk);
  // In the light it comes later: see elements/later.ts.
  if (look.colour === 'dark') await import('@spectrum-web-components/theme/express/theme-dark.js');
  const panel = document.createElement('repaint-panel');
  Object.assign(panel, { session, look });
  // It is seen at once, but starts no worker that could still connect to others.
  panel.inert = true;
  document.body.append(panel);
  await isNarrow;
  panel.inert = false;
  performance.mark('interactive');
  await session.start();
}

void start().catch((error: unknown) => {
  // Without a host there is no theme and no language yet: plain words, in English.
  document.body.textContent = `RePaint Fill could not start: ${error instanceof Error ? error.message : String(error)}`;
});
