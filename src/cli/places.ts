/** Where the command line finds what ships with it, and keeps the models that a user adds. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: above this file, whether it runs from its source or bundled. */
function findRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
  return folder;
}

export const packageRoot = findRoot();
/** Whether this is the project with all that it is developed with, not the package of it. */
export const isCheckout = existsSync(path.join(packageRoot, 'src/cli/main.ts'));
/** Photos that a new model is tried on. */
export const samplesFolder = path.join(packageRoot, 'assets/samples');
/** Checkpoints that ship, in a checkout: a folder each. */
export const checkpointsFolder = path.join(packageRoot, 'models');
/** The same as ONNX: made by `model build`, in the package made before it is published. */
export const builtFolder = path.join(packageRoot, 'build/models');

/** The platform's folder for the data of programs. */
function dataFolder(): string {
  const { LOCALAPPDATA, XDG_DATA_HOME } = process.env;
  switch (process.platform) {
    case 'win32':
      return LOCALAPPDATA ?? path.join(homedir(), 'AppData/Local');
    case 'darwin':
      return path.join(homedir(), 'Library/Application Support');
    default:
      return XDG_DATA_HOME || path.join(homedir(), '.local/share');
  }
}

/** `REPAINT_FILL_HOME`, or the platform's folder for the data of programs. */
export function modelsFolder(): string {
  const home = process.env['REPAINT_FILL_HOME'];
  const data = home ? path.resolve(home) : path.join(dataFolder(), 'repaint-fill');
  return path.join(data, 'models');
}
