/**
 * Writes `THIRD-PARTY-NOTICES.txt` beside a bundle: the licence of every package whose code is in
 * it, as those licences ask, and beside a release its SBOM. Fails the build where a package has no
 * licence that is known to allow it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import webpack from 'webpack';
import { sbomName, sbomOf } from './sbom.mjs';

const fileName = 'THIRD-PARTY-NOTICES.txt';
const permissive = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'Zlib',
  'W3C',
];

/** The package's folder a module lies in; null for our own. */
function packageFolder(resource) {
  const at = resource.lastIndexOf(`${path.sep}node_modules${path.sep}`);
  if (at < 0) return null;
  const start = at + '/node_modules/'.length;
  const parts = resource.slice(start).split(path.sep);
  const name = parts.slice(0, parts[0].startsWith('@') ? 2 : 1);
  return path.join(resource.slice(0, start), ...name);
}

/** "MIT", "(MIT OR GPL-3.0)": one of them is enough, of "A AND B" all are needed. */
function isPermissive(expression) {
  const anyOf = expression.replace(/[()]/g, '').split(' OR ');
  return anyOf.some((all) => all.split(' AND ').every((one) => permissive.includes(one.trim())));
}

/** @param {string} folder */
export function noticeOf(folder) {
  const read = (name) => readFileSync(path.join(folder, name), 'utf8').trim();
  const { name, version, license = '', author } = JSON.parse(read('package.json'));
  if (!isPermissive(license)) {
    throw new Error(`${name} is under "${license}": it may not be bundled without a decision.`);
  }
  const texts = readdirSync(folder).filter((file) => /^(licen[sc]e|copying|notice)/i.test(file));
  const words = texts.filter((file) => /^[^.]+(\.(md|txt))?$/i.test(file)).map(read);
  const holder = typeof author === 'object' ? author.name : author;
  const text = words.join('\n\n') || `${license}. Copyright ${holder ?? `the authors of ${name}`}.`;
  return `${name} ${version} (${license})\n\n${text}\n`;
}

export class Notices {
  /**
   * @param {string} root - of the project
   * @param {{ extra?: string[], withRuntime?: boolean }} what - `extra`: packages whose files are
   * copied, not bundled; `withRuntime`: npm installs more beside the bundle
   */
  constructor(root, { extra = [], withRuntime = false }) {
    this.root = root;
    this.extra = extra;
    this.withRuntime = withRuntime;
  }

  apply(compiler) {
    const { Compilation, sources } = webpack;
    compiler.hooks.thisCompilation.tap('Notices', (compilation) => {
      const folders = new Set(this.extra.map((name) => path.join(this.root, 'node_modules', name)));
      compilation.hooks.finishModules.tap('Notices', (modules) => {
        for (const { resource } of modules) {
          const folder = resource ? packageFolder(resource) : null;
          if (folder && existsSync(path.join(folder, 'package.json'))) folders.add(folder);
        }
      });
      const stage = Compilation.PROCESS_ASSETS_STAGE_ADDITIONAL;
      compilation.hooks.processAssets.tap({ name: 'Notices', stage }, () => {
        const all = [...folders].map(noticeOf).sort();
        const text = ['This program contains the following packages.\n', ...all].join(
          `\n${'-'.repeat(80)}\n\n`,
        );
        compilation.emitAsset(fileName, new sources.RawSource(text));
        if (compiler.options.mode !== 'production') return;
        const sbom = sbomOf(this.root, folders, this.withRuntime);
        compilation.emitAsset(sbomName, new sources.RawSource(sbom));
      });
    });
  }
}
