/** Files a user drops one after another. Pure. */
import type { ModelOrigin } from '../../protocol/model-shelf-api.js';

/**
 * Adds files to those given before; one of the same name takes the other's place. `paths`: their
 * names with the folders they were dropped in.
 */
export function withFiles(
  origin: ModelOrigin | null,
  files: readonly File[],
  paths: readonly string[] = files.map(({ name }) => name),
): ModelOrigin {
  const before = origin?.kind === 'files' ? origin : { files: [], paths: [] };
  const given = [
    ...before.files.map((file, i) => ({ file, path: before.paths?.[i] ?? file.name })),
    ...files.map((file, i) => ({ file, path: paths[i] ?? file.name })),
  ];
  const kept = [...new Map(given.map((entry) => [entry.path, entry])).values()];
  const isFlat = kept.every(({ file, path }) => file.name === path);
  const kind = { kind: 'files', files: kept.map(({ file }) => file) } as const;
  return isFlat ? kind : { ...kind, paths: kept.map(({ path }) => path) };
}
