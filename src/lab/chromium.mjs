/**
 * Finds the Chromium that the browser and end-to-end tests run in, and installs it where that can
 * be done without asking. Run as a script it makes sure there is one and prints where.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright';

const windowsFolders = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'];

/**
 * Of some browsers, drawn by lot, Chromium samples allocations and walks the stack at each. On the
 * stacks that ONNX Runtime's jspi build runs on it walks past the end, and the page crashes; not so
 * in a worker, where the add-on runs it, but tests and benches run it on the page's own thread.
 */
const neverSampled = 'HeapProfilerReporting:stable-probability/0/nonstable-probability/0';

/** Flags under which Chromium gives WebGPU on a machine without a GPU (SwiftShader). */
export const chromiumArgs = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The last flag of that name counts, and Playwright gives one with the first of these.
  `--enable-features=CDPScreenshotNewSurface,${neverSampled}`,
];

/** Where each platform keeps a browser that will do, best first. */
function knownLocations() {
  const commands = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
  switch (process.platform) {
    case 'darwin':
      return ['Chromium', 'Google Chrome', 'Microsoft Edge'].map(
        (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
      );
    case 'win32':
      return windowsFolders
        .map((name) => process.env[name])
        .filter((folder) => folder !== undefined)
        .flatMap((folder) => [
          path.join(folder, 'Google/Chrome/Application/chrome.exe'),
          path.join(folder, 'Microsoft/Edge/Application/msedge.exe'),
        ]);
    default:
      return commands.map((name) => `/usr/bin/${name}`);
  }
}

/**
 * Returns the path of a Chromium: CHROMIUM_PATH, then the one Playwright installed, then the
 * platform's usual places. Returns undefined where there is none.
 * Throws: Error when CHROMIUM_PATH names no file, since a silent other choice would mislead.
 * @returns {string | undefined}
 */
export function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen !== undefined && chosen !== '') {
    if (existsSync(chosen)) return chosen;
    throw new Error(`CHROMIUM_PATH is ${chosen}, but there is no such file: correct or unset it.`);
  }
  return [chromium.executablePath(), ...knownLocations()].find((file) => existsSync(file));
}

/** True where Debian's package manager may be called without asking for a password. */
function canInstall() {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

function installDebianPackage() {
  const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  execFileSync('apt-get', ['update'], options);
  const packages = ['chromium', 'fonts-liberation'];
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
}

/**
 * Returns the path of a Chromium, installing Debian's package where this runs as root.
 * Throws: Error with what to do where none was found and none can be installed.
 * @returns {string}
 */
export function ensureChromium() {
  if (findChromium() === undefined && canInstall()) installDebianPackage();
  const found = findChromium();
  if (found !== undefined) return found;
  throw new Error(
    'The browser tests need Chromium or Chrome and found neither. Install one ' +
      '("sudo apt-get install chromium", or "npx playwright install chromium"), or set ' +
      'CHROMIUM_PATH to its executable.',
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    console.log(`Chromium: ${ensureChromium()}`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
