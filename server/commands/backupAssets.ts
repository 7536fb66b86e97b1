import { copyFile, link, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AssetStorage } from '../assets/assetStorage.ts';
import { syncFolder } from '../../shared/disk/syncFolder.ts';
import type { Database } from '../database/database.ts';
import { openSqliteDatabase } from '../database/sqlite/sqliteDatabase.ts';
import { systemCode } from '../../shared/disk/systemCode.ts';

/*
 * The assets of a backup: one file each, named by what is in it. A name proves nothing by itself, since a disk that lost its
 * power keeps names of files it never wrote: a file stands for its asset only when it is as long as the database says.
 */

/**
 * Copies what is not in the backup yet, durably.
 * @returns how many of the storage's assets are in it now
 */
export async function copyAssets(
  assets: AssetStorage,
  database: Database,
  dataFolder: string,
  to: string,
): Promise<number> {
  const changed = new Set<string>();
  let copied = 0;
  for await (const digest of assets.list()) {
    const path = blobPath(digest);
    const [source, target] = [join(dataFolder, path), join(to, path)];
    await mkdir(dirname(target), { recursive: true });
    const outcome = await linkOrCopy(source, target, () => sizeOf(database, digest));
    if (outcome === 'gone') continue; // collected since it was listed
    if (outcome === 'new') changed.add(dirname(target));
    copied += 1;
  }
  for (const folder of changed) {
    for (const above of [folder, dirname(folder), dirname(dirname(folder))]) await syncFolder(above);
  }
  return copied;
}

/** The assets a copied database names and the backup lacks or has only in part, by digest. */
export async function missingAssets(copy: string, to: string): Promise<Set<string>> {
  const missing = new Set<string>();
  for await (const { digest, size } of assetsOf(copy)) {
    if ((await lengthOf(join(to, blobPath(digest)))) !== size) missing.add(digest);
  }
  return missing;
}

/**
 * Brings the assets a copied database names from a backup back to where the server keeps them. What is there already stays,
 * unless it is not as long as it must be.
 */
export async function putAssetsBack(copy: string, from: string, dataFolder: string): Promise<void> {
  for await (const { digest, size } of assetsOf(copy)) {
    const [source, target] = [join(from, blobPath(digest)), join(dataFolder, blobPath(digest))];
    if ((await lengthOf(target)) === size || (await lengthOf(source)) !== size) continue;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyWhole(source, target);
    await syncFolder(dirname(target));
  }
}

async function linkOrCopy(
  source: string,
  target: string,
  size: () => Promise<number | undefined>,
): Promise<'new' | 'there' | 'gone'> {
  try {
    await link(source, target);
    return 'new';
  } catch (error) {
    switch (systemCode(error)) {
      case 'ENOENT':
        return 'gone';
      case 'EEXIST': {
        const [here, there] = [await lengthOf(source), await lengthOf(target)];
        // A good copy is never replaced by what has become of the file meanwhile.
        if (here === there || here !== (await size())) return 'there';
        break;
      }
      default: // Another disk, or one without hard links.
    }
  }
  try {
    await copyWhole(source, target);
    return 'new';
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'gone';
    throw error;
  }
}

/** Half a file under its own name would pass for the asset: it gets that when all of it is on the disk. */
async function copyWhole(source: string, target: string): Promise<void> {
  const unfinished = `${target}.new`;
  await copyFile(source, unfinished);
  const file = await open(unfinished, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, target);
}

async function sizeOf(database: Database, digest: string): Promise<number | undefined> {
  const sha256 = Buffer.from(digest, 'hex').toString('base64');
  const row = await database.read((sql) =>
    sql.get<{ size: number }>('SELECT size FROM blobs WHERE sha256 = ?', [sha256]),
  );
  return row?.size;
}

/** Every asset a copied database names. */
async function* assetsOf(copy: string): AsyncGenerator<{ readonly digest: string; readonly size: number }> {
  const database = openSqliteDatabase({ path: copy });
  try {
    for (let after = ''; ;) {
      const from = after;
      const rows = await database.read((sql) =>
        sql.all<{ sha256: string; size: number }>(
          'SELECT sha256, size FROM blobs WHERE sha256 > ? ORDER BY sha256 LIMIT 1000',
          [from],
        ),
      );
      for (const { sha256, size } of rows) {
        yield { digest: Buffer.from(sha256, 'base64').toString('hex'), size };
        after = sha256;
      }
      if (rows.length === 0) return;
    }
  } finally {
    await database.dispose();
  }
}

/** In bytes; undefined when it is not there. */
async function lengthOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function blobPath(digest: string): string {
  return join('assets', 'blobs', digest.slice(0, 2), digest.slice(2, 4), digest);
}
