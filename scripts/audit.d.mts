interface Holes {
  readonly vulnerabilities: Readonly<
    Record<string, { readonly severity: string; readonly range: string }>
  >;
}
export function holesIn(installed: Holes, all: Holes, bundled: ReadonlySet<string>): string[];
