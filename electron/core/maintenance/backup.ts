import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../shared/errors.ts';
import { isInside } from '../library/pathInside.ts';
import { toFileError } from '../media/fileErrors.ts';
import type { Store } from '../store/store.ts';
import {
  copyVerified,
  isCopied,
  listFiles,
  lstatIfThere,
  orWhenMissing,
  syncFile,
  syncFolders,
} from './verifiedCopy.ts';

/** The folder of one run, which holds what the run has to replace until its manifest counts. */
const runName = /^backup\.run-[\da-f-]{36}$/u;

/**
 * Written last, so that a backup without it is one that was not finished. It is the one thing that says which backup a folder
 * holds: until its rename the earlier one, from then on the new one.
 */
const manifestSchema = z.strictObject({
  format: z.literal(1),
  createdAt: z.string(),
  photos: z.int(),
  originals: z.int(),
  bytes: z.number(),
  /** A folder whose files go before those of the same path outside of it; gone when all of them have been put in place. */
  run: z.string().regex(runName).optional(),
});
export type BackupManifest = z.infer<typeof manifestSchema>;

export type BackupResult = BackupManifest & { readonly copied: number; readonly kept: number };
export type BackupProgress = { readonly progress: (text: string) => void; readonly signal: AbortSignal };

const manifestName = 'backup.json';
const databaseName = 'library.sqlite';
const settingsName = 'settings.json';
const originalsName = 'originals';

/**
 * Copies an open library into a folder: its database as of one moment, its settings, and its own copies of photos (watched
 * folders stay where they are). Done again into the same folder, only what is new or changed is copied. Every copy is
 * compared with its source by hash before the backup counts as done. Until then, however the run ends, the earlier backup in
 * the folder can be restored: files are only added, and what has to be replaced waits in a folder of the run.
 * @param to absolute path; empty, missing, or an earlier backup
 * @throws AppError invalidInput for a folder that cannot hold a backup, notFound for an original that a photo needs and that
 *   went meanwhile, diskFull and its relatives
 */
export async function backupLibrary(
  store: Store,
  to: string,
  { progress, signal }: BackupProgress,
): Promise<BackupResult> {
  const target = resolve(to);
  await checkTarget(store.directory, target);
  const run = `backup.run-${randomUUID()}`;
  const waiting = join(target, run);
  try {
    await mkdir(target, { recursive: true });
    await tidy(target, progress);
    await mkdir(waiting);
    progress('Copying the database');
    await copyDatabase(store, target, waiting);
    if ((await lstatIfThere(join(store.directory, settingsName))) !== undefined) {
      await copyVerified(join(store.directory, settingsName), join(waiting, settingsName));
    }
    const { originals, copied, bytes } = await copyOriginals(store, target, waiting, { progress, signal });
    const manifest: BackupManifest = {
      format: 1,
      createdAt: new Date().toISOString(),
      photos: countPhotos(store),
      originals,
      bytes,
      run,
    };
    signal.throwIfAborted();
    progress('Finishing the backup');
    await syncFolders([waiting, target]);
    await writeManifest(target, manifest);
    return { ...(await putInPlace(target, manifest, progress)), copied, kept: originals - copied };
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
    const waiting = manifest.run === undefined ? undefined : join(source, manifest.run);
    const places = waiting === undefined ? [source] : [source, waiting];
    const whole = new Map<string, string>();
    for (const place of places) {
      for (const name of [databaseName, settingsName]) {
        if ((await lstatIfThere(join(place, name))) !== undefined) whole.set(name, join(place, name));
      }
    }
    await copyVerified(whole.get(databaseName) ?? join(source, databaseName), join(making, databaseName));
    const settings = whole.get(settingsName);
    if (settings !== undefined) await copyVerified(settings, join(making, settingsName));
    const originals = new Map<string, string>();
    for (const place of places) {
      const folder = join(place, originalsName);
      for (const path of await listFiles(folder)) originals.set(path, join(folder, path));
    }
    let count = 0;
    for (const [path, original] of originals) {
      signal.throwIfAborted();
      count += 1;
      progress(`Copying originals: ${count} of ${originals.size}`);
      await copyVerified(original, join(making, originalsName, path));
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

/** The database as of one moment, before any original: one that is deleted afterwards is missed by nobody. */
async function copyDatabase(store: Store, target: string, waiting: string): Promise<void> {
  const fresh = join(waiting, databaseName);
  await store.connection.raw.backup(fresh);
  await syncFile(fresh);
  // The first one has nothing to replace. By its name a folder is known as a library's, whose copies no scan takes in.
  const place = join(target, databaseName);
  if ((await lstatIfThere(place)) === undefined) await rename(fresh, place);
}

async function copyOriginals(
  store: Store,
  target: string,
  waiting: string,
  { progress, signal }: BackupProgress,
): Promise<{ originals: number; copied: number; bytes: number }> {
  const source = join(store.directory, originalsName);
  const files = await listFiles(source);
  const changed = new Set<string>();
  const vanished: string[] = [];
  let [originals, copied, bytes] = [0, 0, 0];
  for (const [index, path] of files.entries()) {
    signal.throwIfAborted();
    progress(`Copying originals: ${index + 1} of ${files.length}`);
    const from = join(source, path);
    const place = join(target, originalsName, path);
    try {
      const facts = await lstatIfThere(from);
      const there = await lstatIfThere(place);
      if (facts !== undefined && (there === undefined || !(await isCopied(from, facts, place, there)))) {
        // The earlier backup needs what is there: a name may have become that of another photo.
        const to = there === undefined ? place : join(waiting, originalsName, path);
        await copyVerified(from, to, join(waiting, 'copying'));
        for (let folder = dirname(to); folder !== target; folder = dirname(folder)) changed.add(folder);
        copied += 1;
      }
      originals += facts === undefined ? 0 : 1;
      bytes += facts?.size ?? 0;
      if (facts !== undefined) continue;
    } catch (error) {
      if ((await lstatIfThere(from)) !== undefined) throw error;
    }
    // Deleted for good since it was listed: nobody misses it. Else the others are copied all the same.
    if (isNeeded(store, path)) vanished.push(from);
  }
  const [first] = vanished;
  if (first !== undefined) {
    const others = vanished.length === 1 ? '' : `, and so are ${vanished.length - 1} more`;
    throw new AppError('notFound', `${first} is no longer there${others}. A photo of the library needs it.`, {
      path: first,
    });
  }
  await syncFolders(changed);
  return { originals, copied, bytes };
}

/** Whether a photo has this original, by its path below the folder of originals. */
function isNeeded(store: Store, path: string): boolean {
  return (
    store.connection
      .statement<[string]>(
        `SELECT 1 FROM file JOIN folder ON folder.id = file.folder_id JOIN photo ON photo.id = file.photo_id
         WHERE folder.kind = 'originals' AND file.path = ?`,
      )
      .get(path.replaceAll(sep, '/')) !== undefined
  );
}

/** Ends what a run that was stopped has left: what counts gets its place, what does not goes. */
async function tidy(target: string, progress: (text: string) => void): Promise<void> {
  await rm(join(target, `${databaseName}.new`), { force: true });
  const text = await orWhenMissing(readFile(join(target, manifestName), 'utf8'), undefined);
  const manifest = text === undefined ? undefined : parseManifest(text);
  // Of a manifest that says nothing to us, nobody knows which run it counts on.
  if (text !== undefined && manifest === undefined) return;
  for (const name of await readdir(target)) {
    if (runName.test(name) && name !== manifest?.run) await rm(join(target, name), { recursive: true, force: true });
  }
  if (manifest !== undefined) await putInPlace(target, manifest, progress);
}

/**
 * Lets the files of a run that counts replace those of the backup before it. Stopped anywhere, it is done again.
 * @returns the manifest of what then lies in the folder
 */
async function putInPlace(
  target: string,
  { run, ...manifest }: BackupManifest,
  progress: (text: string) => void,
): Promise<BackupManifest> {
  if (run === undefined) return manifest;
  const files = await listFiles(join(target, run));
  const changed = new Set<string>();
  for (const [index, path] of files.entries()) {
    progress(`Finishing the backup: ${index + 1} of ${files.length}`);
    const place = join(target, path);
    await mkdir(dirname(place), { recursive: true });
    await rename(join(target, run, path), place);
    changed.add(dirname(place));
  }
  await syncFolders(changed);
  await rm(join(target, run), { recursive: true, force: true });
  await writeManifest(target, manifest);
  return manifest;
}

/** From its rename on another backup is in the folder; the disk itself must know before anything is built on that. */
async function writeManifest(target: string, manifest: BackupManifest): Promise<void> {
  const fresh = join(target, `${manifestName}.new`);
  await writeFile(fresh, JSON.stringify(manifest, null, 2));
  await syncFile(fresh);
  await rename(fresh, join(target, manifestName));
  await syncFolders([target]);
}

function parseManifest(text: string): BackupManifest | undefined {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
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
    names.includes(`${databaseName}.new`) ||
    names.some((name) => runName.test(name));
  if (!ours)
    throw new AppError('invalidInput', `${target} holds other things. Choose an empty folder or an earlier backup.`, {
      path: target,
    });
}

function countPhotos(store: Store): number {
  return store.connection.statement<[], { count: number }>('SELECT count(*) AS count FROM photo').get()?.count ?? 0;
}
