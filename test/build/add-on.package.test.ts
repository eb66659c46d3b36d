/**
 * Packages the add-on as it would be handed in, with Adobe's own command line, and looks into the
 * result. Slow (a production build), so it is a project of its own.
 */
import { execFileSync } from 'node:child_process';
import { strFromU8 } from 'fflate';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BenchPage } from '../e2e/bench-page.js';
import { problemsOf, readPackage, type PackageContents } from '../../scripts/package-check.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/** The document API's experimental calls: they throw in a public add-on. */
const experimentalCalls = [
  'fetchBitmapImage',
  'createRendition(',
  'replaceMediaWithEditedImage',
  'canExportMedia',
  'allDescendants',
  'allTextContent',
  'hasDescendant',
];

interface Sbom {
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly {
    readonly type: string;
    readonly name: string;
    readonly version: string;
    readonly hashes: readonly { readonly content: string }[];
  }[];
}

let contents: PackageContents;
const text = (name: string) => strFromU8(contents.files.get(name)!);
const namesEnding = (end: string) => [...contents.files.keys()].filter((n) => n.endsWith(end));

beforeAll(() => {
  execFileSync(process.execPath, ['scripts/package.mjs'], { cwd: root, stdio: 'inherit' });
  contents = readPackage(path.join(root, 'dist.zip'));
});

describe('dist.zip', () => {
  it('is fit to hand in: complete, within 50 MB, no source maps', () => {
    expect(problemsOf(contents)).toEqual([]);
  });

  it('is the public build', () => {
    expect(JSON.parse(text('manifest.json')).requirements).not.toHaveProperty('experimentalApis');
  });

  it('makes no experimental call from the document sandbox', () => {
    const code = text('code.js');
    expect(code).toContain('createImageContainer');
    expect(experimentalCalls.filter((call) => code.includes(call))).toEqual([]);
  });

  it('leaves the host its two modules and no other import in the document sandbox', () => {
    const imports = [...text('code.js').matchAll(/\bfrom\s*["']([^"']+)["']/g)].map((m) => m[1]);
    expect(imports.sort()).toEqual(['add-on-sdk-document-sandbox', 'express-document-sdk']);
  });

  it('refers to its own files by relative paths only', () => {
    const references = [...text('index.html').matchAll(/(?:src|href)=["']?([^"'\s>]+)/g)];
    expect(references.map((match) => match[1])).toContain('index.js');
    for (const [, target] of references) expect(target).not.toMatch(/^(\/|[a-z]+:)/);
    for (const name of namesEnding('.js')) expect(text(name)).not.toContain('file:///');
  });

  it.each([
    // Over half of it is Spectrum and zod; menus, gallery and marking come behind the first screen.
    ['index.js', 150_000],
    ['code.js', 6_000],
  ])('keeps %s small enough for a panel that opens at once', (name, mostBytes) => {
    expect(gzipSync(contents.files.get(name)!).byteLength).toBeLessThan(mostBytes);
  });

  it('draws its first screen of one file: nothing else is fetched before', () => {
    const scripts = text('index.html').matchAll(/<script[^>]*src=["']?([^"'\s>]+)/g);
    expect([...scripts].map((match) => match[1])).toEqual(['index.js']);
    expect(text('index.html')).not.toMatch(/<link|<style/);
    const imports = text('index.js').matchAll(/\bimport\s*(?:[\w$*{},\s]+\bfrom\s*)?["']([^"']+)/g);
    // The host's own, which is there before the panel.
    expect([...imports].map((match) => new URL(match[1]).pathname)).toEqual([
      '/static/add-on-sdk/sdk.js',
    ]);
  });

  it('keeps each worker and what it loads late below the panel', () => {
    const chunks = namesEnding('.js').filter((name) => /^(\d+|fill|network|shelf)\.js$/.test(name));
    expect(chunks.length).toBeGreaterThan(3);
    for (const name of chunks) {
      expect(gzipSync(contents.files.get(name)!).byteLength).toBeLessThan(64_000);
    }
  });

  it('loads the models page when it is opened, not with the panel', () => {
    const page = 'close-models';
    expect(text('index.js')).not.toContain(page);
    expect(namesEnding('.js').filter((name) => text(name).includes(page))).toHaveLength(1);
  });

  it("carries each of ONNX Runtime's builds once, with its loader beside it", () => {
    const wasm = namesEnding('.wasm').filter((name) => name.includes('ort-wasm'));
    expect(wasm.length).toBe(2);
    for (const name of wasm) {
      expect(name).toMatch(/^ort\//);
      expect(contents.files.has(name.replace(/\.wasm$/, '.mjs'))).toBe(true);
    }
    expect(namesEnding('.mjs').length).toBe(2);
  });

  it('tells in its SBOM of each bundled package once, and of the weights by their hash', () => {
    const { components, ...sbom } = JSON.parse(text('sbom.cdx.json')) as Sbom;
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5' });
    expect(sbom.metadata.component.name).toBe('repaint-fill');
    const noticed = text('THIRD-PARTY-NOTICES.txt').matchAll(/^-{80}\n+(\S+) (\S+) \(/gm);
    const packages = components.filter(({ type }) => type === 'library');
    const names = packages.map(({ name, version }) => `${name}@${version}`);
    expect(names).toEqual(expect.arrayContaining(['onnxruntime-web@1.30.0', 'lit@3.3.3']));
    expect(names.sort()).toEqual(
      [...noticed].map(([, name, version]) => `${name}@${version}`).sort(),
    );
    const weights = components.filter(({ type }) => type === 'machine-learning-model');
    const { onnx } = JSON.parse(text('models/garden-64/model.json'));
    expect(weights.map(({ hashes }) => hashes[0].content)).toEqual([onnx.sha256]);
  });

  it('carries the model with its manifest, and that manifest fits the file', () => {
    const { onnx } = JSON.parse(text('models/garden-64/model.json'));
    expect(contents.files.get(`models/garden-64/${onnx.path}`)?.byteLength).toBe(onnx.sizeBytes);
  });
});

describe('the panel out of dist.zip', () => {
  let bench: BenchPage;
  beforeAll(async () => {
    bench = await BenchPage.open({ addOnFolder: path.join(root, 'dist') });
  });
  afterAll(() => bench?.close());

  it('is shown before anything but its one script has been fetched', async () => {
    await bench.panel.locator('repaint-panel:not([inert])').waitFor();
    const { shownMs, interactiveMs, before } = await bench.frame.evaluate(() => {
      const at = (mark: string) => performance.getEntriesByName(mark)[0].startTime;
      const fetched = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
      const before = fetched.filter(({ responseEnd }) => responseEnd < at('shown'));
      const names = before.map(({ name }) => new URL(name).pathname);
      return { shownMs: at('shown'), interactiveMs: at('interactive'), before: names };
    });
    // Not held to a time: a busy machine is slow, not wrong.
    // eslint-disable-next-line no-console -- measurements belong in the test log
    console.info(`shown after ${shownMs.toFixed(0)} ms, usable after ${interactiveMs.toFixed(0)}`);
    expect(before.filter((name) => !/sdk\.js$|add-on-console-override/.test(name))).toEqual([
      '/index.js',
    ]);
  });
});
