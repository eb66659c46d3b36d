/**
 * Serves the workbench: the page on one port, each unmodified build of the add-on on the next, so
 * that the panel's frame is cross-origin, with the headers Adobe's own server sends. It listens on
 * loopback alone, answers only to its own name, and hands out only its folders.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sirv from 'sirv';
import type { AddOn } from '../page/frame.js';
import type { WorkbenchConfig } from '../page/workbench.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
/** Where builds are looked for: the one made last, and the public one beside it. */
const buildFolders = ['dist', 'build/public'].map((folder) => path.join(root, folder));
const workbenchFolder = path.join(root, 'build/workbench');

/** Where the panel imports its SDK from; answered with the workbench's stand-in. */
const sdkUrls = [
  'https://new.express.adobe.com/static/add-on-sdk/sdk.js',
  'https://express.adobe.com/static/add-on-sdk/sdk.js',
];
const sdkPath = '/__workbench/ui-sdk.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface RunningWorkbench {
  readonly url: string;
  close(): Promise<void>;
}

/** Another site could make its name point here; a browser then sends that name. */
function isOwnName({ headers: { host }, socket }: IncomingMessage): boolean {
  return ['127.0.0.1', 'localhost'].some((name) => host === `${name}:${socket.localPort}`);
}

/** Refuses what is not meant for this server, and answers whatever goes wrong. */
function guarded(next: Handler): Handler {
  return (request, response) => {
    const refuse = (status: number, sentence: string) => {
      response.statusCode = status;
      response.end(sentence);
    };
    if (!isOwnName(request)) return refuse(403, 'The workbench answers to localhost only.');
    if (!URL.canParse(request.url ?? '/', 'http://localhost')) {
      return refuse(400, 'This is no path.');
    }
    try {
      next(request, response);
    } catch (error) {
      refuse(500, String(error));
    }
  };
}

function headers(values: Record<string, string>, next: Handler): Handler {
  return (request, response) => {
    for (const [name, value] of Object.entries(values)) response.setHeader(name, value);
    next(request, response);
  };
}

const notFound: Handler = (request, response) => {
  response.statusCode = 404;
  response.end(`Not found: ${request.url ?? ''}`);
};

function files(folder: string, otherwise = notFound): Handler {
  const serve = sirv(folder, { dev: true, etag: true });
  return (request, response) => serve(request, response, () => otherwise(request, response));
}

/** Adobe's build adds this script to the page; without it the console stays as it is. */
const withoutOverride: Handler = (request, response) => {
  if (!request.url?.startsWith('/add-on-console-override.js')) return notFound(request, response);
  response.setHeader('Content-Type', 'text/javascript').end('');
};

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The panel's page with an import map in front, the one thing the host adds to it. */
async function panelPage(addOnFolder: string): Promise<string> {
  const page = await readFile(path.join(addOnFolder, 'index.html'), 'utf8');
  const imports = Object.fromEntries(sdkUrls.map((url) => [url, sdkPath]));
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  return page.includes('<head>') ? page.replace('<head>', `<head>${map}`) : map + page;
}

function addOnHandler(addOnFolder: string): Handler {
  const dist = files(addOnFolder, withoutOverride);
  const sdk = files(workbenchFolder);
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/' || pathname === '/index.html') {
      panelPage(addOnFolder).then(
        (page) => response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page),
        () => dist(request, response),
      );
    } else if (pathname.startsWith('/__workbench/')) {
      request.url = pathname.slice('/__workbench'.length);
      sdk(request, response);
    } else dist(request, response);
  };
}

function pageHandler(config: () => Promise<string>): Handler {
  const serve = files(workbenchFolder);
  return (request, response) => {
    if (!request.url?.startsWith('/config.json')) return serve(request, response);
    config().then(
      (text) => response.setHeader('Content-Type', 'application/json').end(text),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      },
    );
  };
}

const addOnHeaders = {
  'Cross-Origin-Embedder-Policy': 'credentialless',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-cache',
};
/** Of the page and its worker scripts. Styles come from script; it never ships. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  // The add-on's code.js comes from its own server.
  "connect-src 'self' http://localhost:*",
  "img-src 'self' data: blob:",
  "style-src 'unsafe-inline'",
  'frame-src http://localhost:*',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const pageHeaders = {
  'Content-Security-Policy': pagePolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'credentialless',
  'Cache-Control': 'no-cache',
};

/** What the page is told of a build; it may have been made anew since. */
async function addOnAt(url: string, folder: string): Promise<AddOn> {
  const manifest = await readFile(path.join(folder, 'manifest.json'), 'utf8');
  // Another host name as well as another port: another site, as in the real host.
  const origin = url.replace('127.0.0.1', 'localhost');
  return { origin, manifest: JSON.parse(manifest) as Record<string, unknown> };
}

/**
 * Starts a server for the page and one for each build; port 0 takes any free ones, otherwise the
 * builds get the next.
 */
export async function startWorkbench(
  port = 5240,
  addOnFolders = buildFolders.filter((folder) => existsSync(path.join(folder, 'manifest.json'))),
): Promise<RunningWorkbench> {
  const servers: Server[] = [];
  const serve = (at: number, given: Record<string, string>, next: Handler) => {
    const server = createServer(guarded(headers(given, next)));
    servers.push(server);
    return listen(server, port === 0 ? 0 : at);
  };
  const urls: string[] = [];
  for (const folder of addOnFolders) {
    urls.push(await serve(port + 1 + urls.length, addOnHeaders, addOnHandler(folder)));
  }
  const config = async (): Promise<string> => {
    const addOns = await Promise.all(urls.map((url, k) => addOnAt(url, addOnFolders[k])));
    return JSON.stringify({ addOns } satisfies WorkbenchConfig);
  };
  const url = await serve(port, pageHeaders, pageHandler(config));
  return {
    url,
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function main(): Promise<void> {
  const options = { port: { type: 'string', default: '5240' }, dist: { type: 'string' } } as const;
  const { values } = parseArgs({ options });
  try {
    const folders = values.dist === undefined ? undefined : [path.resolve(values.dist)];
    const { url } = await startWorkbench(Number(values.port), folders);
    console.log(`\nThe workbench is at ${url}  (Ctrl+C ends it)`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE') throw error;
    console.error(`Port ${values.port} or the next is taken: npm start -- --port 5340`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main();
}
