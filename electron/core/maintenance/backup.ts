import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, readFile, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.ts';
import { isInside } from '../library/pathInside.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { Store } from '../store/store.ts';
import { systemCode } from '../../../shared/disk/systemCode.ts';

/** Written last, so that a backup without it is one that was not finished. */
const manifestSchema = z.strictObject({
  format: z.literal(1),
  createdAt: z.string(),
  photos: z.int(),
  originals: z.int(),
  bytes: z.number(),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

export type BackupResult = BackupManifest & { readonly copied: number; readonly kept: number };
export type BackupProgress = { readonly progress: (text: string) => void; readonly signal: AbortSignal };

const manifestName = 'backup.json';
const databaseName = 'library.sqlite';
const originalsName = 'originals';

/**
 * Copies an open library into a folder: its database as of one moment, its settings, and its own copies of photos (watched
 * folders stay where they are). Done again into the same folder, only what is new or changed is copied. Every copy is
 * compared with its source by hash before the backup counts as done.
 * @param to absolute path; empty, missing, or an earlier backup
 * @throws AppError invalidInput for a folder that cannot hold a backup, diskFull and its relatives
 */
export async function backupLibrary(
  store: Store,
  to: string,
  { progress, signal }: BackupProgress,
): Promise<BackupResult> {
  const target = resolve(to);
  await checkTarget(store.directory, target);
  try {
    await mkdir(target, { recursive: true });
    await rm(join(target, manifestName), { force: true });
    progress('Copying the database');
    const fresh = join(target, `${databaseName}.new`);
    await rm(fresh, { force: true });
    await store.connection.raw.backup(fresh);
    await rename(fresh, join(target, databaseName));
    await copyIfThere(join(store.directory, 'settings.json'), join(target, 'settings.json'));

    const source = join(store.directory, originalsName);
    const files = await listFiles(source);
    let copied = 0;
    let bytes = 0;
    for (const [index, path] of files.entries()) {
      signal.throwIfAborted();
      progress(`Copying originals: ${index + 1} of ${files.length}`);
      const result = await copyVerified(join(source, path), join(target, originalsName, path));
      copied += result.copied ? 1 : 0;
      bytes += result.bytes;
    }
    const manifest: BackupManifest = {
      format: 1,
      createdAt: new Date().toISOString(),
      photos: countPhotos(store),
      originals: files.length,
      bytes,
    };
    await writeFile(join(target, `${manifestName}.new`), JSON.stringify(manifest, null, 2));
    await rename(join(target, `${manifestName}.new`), join(target, manifestName));
    return { ...manifest, copied, kept: files.length - copied };
  } catch (error) {
    throw signal.aborted ? new AppError('cancelled', 'Stopped before it was complete.') : toFileError(error, target);
  }
}

/**
 * Makes a library out of a backup. The backup is only read; the library appears whole or not at all.
 * @param to absolute path of the new library: missing or empty
 * @throws AppError notFound when there is no finished backup, alreadyExists when the target holds something, diskFull
 */
export async function restoreLibrary(
  from: string,
  to: string,
  { progress, signal }: BackupProgress,
): Promise<BackupManifest> {
  const source = resolve(from);
  const target = resolve(to);
  const manifest = await readManifest(source);
  if ((await readdir(target).catch((): string[] => [])).length > 0) {
    throw new AppError(
      'alreadyExists',
      `${target} is not empty. A library can only be restored into a new or an empty folder.`,
      { path: target },
    );
  }
  const making = `${target}.restoring`;
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    progress('Copying the database');
    await copyVerified(join(source, databaseName), join(making, databaseName));
    await copyIfThere(join(source, 'settings.json'), join(making, 'settings.json'));
    const files = await listFiles(join(source, originalsName));
    for (const [index, path] of files.entries()) {
      signal.throwIfAborted();
      progress(`Copying originals: ${index + 1} of ${files.length}`);
      await copyVerified(join(source, originalsName, path), join(making, originalsName, path));
    }
    await rm(target, { recursive: true, force: true });
    await mkdir(dirname(target), { recursive: true });
    await rename(making, target);
    return manifest;
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    throw signal.aborted ? new AppError('cancelled', 'Stopped before it was complete.') : toFileError(error, target);
  }
}

/** The originals of a restored library lie in its own folder now, wherever they lay before. */
export function adoptOriginals(store: Store): void {
  store.connection
    .statement<[string]>("UPDATE folder SET path = ? WHERE kind = 'originals'")
    .run(join(store.directory, originalsName));
}

async function readManifest(folder: string): Promise<BackupManifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, manifestName), 'utf8')));
  } catch (error) {
    throw new AppError('notFound', `There is no finished backup in ${folder}.`, { path: folder }, { cause: error });
  }
}

async function checkTarget(library: string, target: string): Promise<void> {
  if (isInside(target, library) || isInside(library, target)) {
    throw new AppError('invalidInput', 'A backup belongs outside the library, best on another disk.', { path: target });
  }
  const names = await readdir(target).catch((): string[] => []);
  const ours =
    names.length === 0 ||
    names.includes(manifestName) ||
    names.includes(databaseName) ||
    names.includes(`${databaseName}.new`);
  if (!ours)
    throw new AppError('invalidInput', `${target} holds other things. Choose an empty folder or an earlier backup.`, {
      path: target,
    });
}

/** Regular files under a folder, relative; none when it is not there. Copies in the making are left out. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).some((part) => part.startsWith('.incoming')))
    .toSorted();
}

/** Copies one file unless the same is there already (size and time); compares the hashes of a new copy. */
async function copyVerified(from: string, to: string): Promise<{ readonly copied: boolean; readonly bytes: number }> {
  const source = await lstat(from);
  const existing = await lstat(to).catch(() => undefined);
  if (existing?.isFile() === true && existing.size === source.size && Math.abs(existing.mtimeMs - source.mtimeMs) < 2) {
    return { copied: false, bytes: source.size };
  }
  await mkdir(dirname(to), { recursive: true });
  const fresh = `${to}.copying`;
  await copyFile(from, fresh);
  if ((await hashOf(from)) !== (await hashOf(fresh))) {
    await rm(fresh, { force: true });
    throw new AppError('fileUnreadable', `The copy of ${from} does not match it. The disk may be failing.`, {
      path: from,
    });
  }
  await utimes(fresh, source.atime, source.mtime);
  await rename(fresh, to);
  return { copied: true, bytes: source.size };
}

async function copyIfThere(from: string, to: string): Promise<void> {
  await copyFile(from, to).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function countPhotos(store: Store): number {
  return store.connection.statement<[], { count: number }>('SELECT count(*) AS count FROM photo').get()?.count ?? 0;
}
