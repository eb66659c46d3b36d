/** How files are called where they are kept. */

/** Names may be paths or addresses: files are kept under percent-encoded ones. */
export function keptName(name: string): string {
  return /^\.+$/.test(name) ? name.replaceAll('.', '%2E') : encodeURIComponent(name);
}

/** The name that is kept under another. */
export function plainName(kept: string): string {
  try {
    return decodeURIComponent(kept);
  } catch {
    return kept;
  }
}
