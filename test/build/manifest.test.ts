import { AddOnManifest } from '@adobe/ccweb-add-on-manifest';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifestFor, type Manifest } from '../../scripts/manifest.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const readJson = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const manifest = readJson('manifest.json') as Manifest;

/** As the host does: `developer` is what Adobe's CLI asks for, `marketplace` what a listing must pass. */
function validate(candidate: unknown, mode: 'developer' | 'marketplace') {
  const isDeveloperAddOn = mode === 'developer';
  const { manifestValidationResult } = AddOnManifest.createManifest({
    manifest: candidate as Record<string, unknown>,
    additionalInfo: { sourceId: mode, privileged: isDeveloperAddOn, isDeveloperAddOn },
  });
  return manifestValidationResult;
}

describe('the public manifest', () => {
  it('passes the marketplace validation without warnings', () => {
    const result = validate(manifestFor(manifest, true), 'marketplace');
    expect(result.errorDetails ?? []).toEqual([]);
    expect(result.warningDetails ?? []).toEqual([]);
    expect(result.success).toBe(true);
  });

  it("passes the developer validation of Adobe's command line, which packages it", () => {
    expect(validate(manifestFor(manifest, true), 'developer')).toMatchObject({ success: true });
  });

  it('asks for no experimental API', () => {
    expect(manifestFor(manifest, true).requirements).not.toHaveProperty('experimentalApis');
  });

  it('has the version of package.json and a name the listing accepts (25 characters)', () => {
    expect(manifest.version).toBe(readJson('package.json').version);
    expect(manifest.name.length).toBeLessThanOrEqual(25);
  });
});

describe('the dev manifest', () => {
  const dev = manifestFor(manifest, false);

  it('passes the developer validation with experimental APIs and a test id', () => {
    expect(validate(dev, 'developer')).toMatchObject({ success: true });
    expect(dev.requirements.experimentalApis).toBe(true);
    expect(dev.testId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is refused by the marketplace, so the two builds cannot be mixed up', () => {
    const result = validate(dev, 'marketplace');
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.errorDetails)).toMatch(/experimental apis/i);
  });

  it('opens the same files as the public one', () => {
    expect(dev.entryPoints).toEqual(manifest.entryPoints);
  });
});

it('keeps every Spectrum Web Components version the same, as the command line demands', () => {
  const { devDependencies } = readJson('package.json') as {
    devDependencies: Record<string, string>;
  };
  const spectrum = Object.entries(devDependencies).filter(([name]) =>
    name.startsWith('@spectrum-'),
  );
  expect(spectrum.length).toBeGreaterThan(0);
  expect(new Set(spectrum.map(([, version]) => version)).size).toBe(1);
});
