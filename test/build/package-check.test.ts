import { strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { holesIn } from '../../scripts/audit.mjs';
import { maxPackageBytes, problemsOf } from '../../scripts/package-check.mjs';

const manifest = JSON.stringify({
  entryPoints: [{ main: 'index.html', documentSandbox: 'code.js' }],
});
const good: Record<string, string> = {
  'manifest.json': manifest,
  'index.html': '<!doctype html>',
  'code.js': 'export {};',
  'ort/ort-wasm-simd-threaded.jspi.wasm': 'wasm',
  'models/garden-64/model.onnx': 'onnx',
  'THIRD-PARTY-NOTICES.txt': 'licences',
  'sbom.cdx.json': '{}',
};

function check(files: Record<string, string>, sizeBytes = 1000) {
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)] as const);
  return problemsOf({ sizeBytes, files: new Map(entries) });
}

function without(name: string) {
  return Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
}

describe('problemsOf', () => {
  it('finds nothing in a good package', () => {
    expect(check(good)).toEqual([]);
  });

  it('misses a document sandbox that the manifest names', () => {
    expect(check(without('code.js'))).toEqual([
      'The manifest names code.js, which is not in the package.',
    ]);
  });

  it.each([
    ['manifest.json', /not at the root/],
    ['ort/ort-wasm-simd-threaded.jspi.wasm', /ONNX Runtime is missing/],
    ['models/garden-64/model.onnx', /model is missing/],
    ['THIRD-PARTY-NOTICES.txt', /^THIRD-PARTY-NOTICES.txt is missing/],
    ['sbom.cdx.json', /^sbom.cdx.json is missing/],
  ])('misses %s', (name, sentence) => {
    expect(check(without(name))).toEqual([expect.stringMatching(sentence)]);
  });

  it('refuses source maps, hidden files and the same wasm twice', () => {
    const extra = { 'code.js.map': '{}', 'ort/.cache': '', '1f2e.wasm': 'wasm' };
    expect(check({ ...good, ...extra })).toEqual([
      '1f2e.wasm and ort/ort-wasm-simd-threaded.jspi.wasm are the same file.',
      'code.js.map is a source map.',
      'ort/.cache is hidden.',
    ]);
  });

  it('refuses a package above the limit', () => {
    expect(check(good, maxPackageBytes)).toEqual([]);
    expect(check(good, maxPackageBytes + 1)).toEqual([expect.stringMatching(/are allowed/)]);
  });
});

describe('holesIn', () => {
  const found = (...names: string[]) => ({
    vulnerabilities: Object.fromEntries(
      names.map((name) => [name, { severity: 'high', range: '<2.0.0' }]),
    ),
  });

  it('tells of packages that are installed or bundled, and of no tool', () => {
    const all = found('sharp', 'lit', 'webpack');
    expect(holesIn(found('sharp'), all, new Set(['lit', 'zod']))).toEqual([
      'sharp <2.0.0 ships and has a known hole (high).',
      'lit <2.0.0 ships and has a known hole (high).',
    ]);
    expect(holesIn(found(), found('webpack'), new Set(['lit']))).toEqual([]);
  });
});
