export interface Manifest {
  readonly name: string;
  readonly testId: string;
  readonly version: string;
  readonly requirements: { readonly experimentalApis?: boolean; readonly apps: unknown };
  readonly entryPoints: readonly { readonly main: string; readonly documentSandbox: string }[];
}
export function manifestFor(manifest: Manifest, isPublic: boolean): Manifest;
