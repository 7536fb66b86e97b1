import type { DroppedFile } from '../../bridge/uploadFiles.ts';

/**
 * Every file of a drop, folders walked to the bottom. Call it inside the drop event: the entries are gone after it.
 * Hidden files and what cannot be read are left out; ingest decides about the rest by content.
 */
export async function droppedFiles(transfer: Pick<DataTransfer, 'items'>): Promise<readonly DroppedFile[]> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const found: DroppedFile[] = [];
  for (const entry of entries) await collect(entry, found);
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
