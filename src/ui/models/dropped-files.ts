/** The files of a drop, those inside dropped folders included. */

/** A file, and its name with the folders it was dropped in. */
export interface DroppedFile {
  readonly file: File;
  readonly path: string;
}

/** A folder hands out its entries a hundred at a time, until it hands out none. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

async function filesOf(entry: FileSystemEntry): Promise<DroppedFile[]> {
  if (entry.isFile) {
    const fileEntry = entry as FileSystemFileEntry;
    const file = await new Promise<File>((resolve, reject) => fileEntry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\/+/, '') || file.name }];
  }
  const entries = await entriesOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(entries.map(filesOf))).flat();
}

/** Must be called while the drop is being handled: its items are gone afterwards. */
export async function droppedFiles({ items, files }: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry());
  const plain = [...files].map((file) => ({ file, path: file.name }));
  const found = entries.filter((entry) => entry !== null);
  if (found.length === 0) return plain;
  // Entries may be refused where the files themselves are not.
  return Promise.all(found.map(filesOf)).then(
    (files) => files.flat(),
    () => plain,
  );
}
