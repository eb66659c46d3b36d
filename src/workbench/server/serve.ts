/**
 * Serves the workbench: the page on one port, the add-on's unmodified `dist/` on a second, so that
 * the panel's frame is cross-origin, with the headers Adobe's own server sends.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sirv from 'sirv';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const distFolder = path.join(root, 'dist');
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

/**
 * Starts both servers; port 0 takes any free ones, otherwise the add-on gets the next. Another
 * build than the one in `dist/` is named by its folder.
 */
export async function startWorkbench(
  port = 5240,
  addOnFolder = distFolder,
): Promise<RunningWorkbench> {
  const addOnHeaders = {
    'Cross-Origin-Embedder-Policy': 'credentialless',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-cache',
  };
  const addOn = createServer(headers(addOnHeaders, addOnHandler(addOnFolder)));
  const addOnUrl = await listen(addOn, port === 0 ? 0 : port + 1);
  // Another host name as well as another port: another site, as in the real host.
  const addOnOrigin = addOnUrl.replace('127.0.0.1', 'localhost');
  const config = async () => {
    const manifest: unknown = JSON.parse(
      await readFile(path.join(addOnFolder, 'manifest.json'), 'utf8'),
    );
    return JSON.stringify({ addOnOrigin, manifest });
  };
  const pageHeaders = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'credentialless',
    'Cache-Control': 'no-cache',
  };
  const page = createServer(headers(pageHeaders, pageHandler(config)));
  const url = await listen(page, port);
  return {
    url,
    close: async () => {
      for (const server of [page, addOn]) {
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
    const { url } = await startWorkbench(Number(values.port), values.dist);
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
