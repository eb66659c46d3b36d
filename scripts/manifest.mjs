/** The add-on's two manifests out of one: `manifest.json` is the public one, the dev one is made. */

/**
 * Returns the manifest for a build. The dev build may call experimental APIs, which the
 * marketplace refuses, and shows itself as such in the host's list of add-ons.
 * @param {Record<string, any>} manifest - parsed manifest.json
 * @param {boolean} isPublic
 */
export function manifestFor(manifest, isPublic) {
  if (isPublic) return manifest;
  return {
    ...manifest,
    name: `${manifest.name} Dev`,
    requirements: { ...manifest.requirements, experimentalApis: true },
  };
}
