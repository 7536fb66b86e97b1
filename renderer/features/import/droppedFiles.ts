import type { DroppedFile } from '../../bridge/uploadFiles.ts';

/**
 * Every file of a drop, folders walked to the bottom. Call it inside the drop event: the entries are gone after it.
 * Hidden files and what cannot be read are left out; ingest decides about the rest by content. A picture dragged out of
 * another window may have no place in any file system; it is taken as the file it is.
 */
export async function droppedFiles(transfer: Pick<DataTransfer, 'items'>): Promise<readonly DroppedFile[]> {
  const dropped = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? item.getAsFile() ?? []);
  const found: DroppedFile[] = [];
  for (const one of dropped) {
    if (!(one instanceof File)) await collect(one, found);
    else if (!one.name.startsWith('.')) found.push({ path: one.name, file: one });
  }
  return found;
}

async function collect(entry: FileSystemEntry, into: DroppedFile[]): Promise<void> {
  if (entry.name.startsWith('.')) return;
  if (isFile(entry)) {
    const file = await new Promise<File | null>((done) => entry.file(done, () => done(null)));
    if (file !== null) into.push({ path: entry.fullPath.replace(/^\//u, ''), file });
  } else if (isDirectory(entry)) {
    for (const child of await childrenOf(entry)) await collect(child, into);
  }
}

/** A reader gives about a hundred entries at a time and an empty list at the end. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done) => reader.readEntries(done, () => done([])));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
