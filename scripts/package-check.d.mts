export interface PackageContents {
  readonly sizeBytes: number;
  readonly files: ReadonlyMap<string, Uint8Array>;
}
export const maxPackageBytes: number;
export function readPackage(file: string): PackageContents;
export function problemsOf(contents: PackageContents): string[];
