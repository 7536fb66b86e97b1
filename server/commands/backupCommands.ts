import { randomBytes } from 'node:crypto';
import { access, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../shared/errors.ts';
import { syncFolder } from '../../shared/disk/syncFolder.ts';
import type { ServerConfig } from '../config.ts';
import type { ContainerServer } from '../containerServer.ts';
import { mintEpoch } from '../cloud/syncTokens.ts';
import { copyAssets, missingAssets, putAssetsBack } from './backupAssets.ts';
import { withContainer } from './openServices.ts';
import type { CommandOutput } from './runCommand.ts';
import type { ParsedCommand } from './settings.ts';
import { stringOption } from './userCommands.ts';

/**
 * `backup --to DIR`: a consistent copy while the server runs, with hard links where the disk allows. A former backup in
 * that folder is good until the new one is whole. Ends with 1 when there is a backup that lacks something, so that whatever
 * starts it every night notices.
 */
export async function backup(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const to = stringOption(command, 'to');
  if (to === undefined) throw new AppError('invalidInput', '"backup" needs --to DIR.');
  await refuseMissing(command.config);
  await mkdir(to, { recursive: true, mode: 0o700 });
  const { assets, missing } = await withContainer(command.config, (container) =>
    backupInto(container, command.config.dataFolder, to),
  );
  output.out.write(`Backed up to ${to}: database and ${assets} assets.\n`);
  if (missing > 0) {
    output.error.write(
      `${missing} assets the database knows of are not whole in the storage, and so not in the backup.\n`,
    );
    return 1;
  }
  return 0;
}

/**
 * Opening a database that is missing makes an empty one, and a backup of that would pass for one.
 * @throws AppError notFound
 */
async function refuseMissing({ databaseURL, dataFolder }: ServerConfig): Promise<void> {
  const path = join(dataFolder, 'container.sqlite');
  if (
    databaseURL !== undefined ||
    (await access(path).then(
      () => true,
      () => false,
    ))
  )
    return;
  throw new AppError('notFound', `There is no server in ${dataFolder}. Give the --data or --config it runs with.`, {
    path,
  });
}

/** How often the database is copied when assets it names have gone before they could be. */
const maxAttempts = 5;

/** What a backup has of assets. */
interface BackedUp {
  readonly assets: number;
  /** Known to the database, but lost by the storage. */
  readonly missing: number;
}

/**
 * The same for a server in this process.
 *
 * Assets first, then the database, then the assets that are new: what is collected meanwhile was copied before, and what
 * arrives meanwhile comes after. Only what does both in between is missed, and then the database is copied again, which
 * by now does not name it.
 */
export async function backupInto(container: ContainerServer, dataFolder: string, to: string): Promise<BackedUp> {
  const { database, config, assets } = container.services;
  const copy = join(to, 'container.sqlite');
  const next = `${copy}.new`;
  // Refused before anything is copied where the database has other tools for it.
  if (database.dialect !== 'sqlite') await database.backupTo(next);
  const onDisk = config.s3 === undefined;
  let copied = onDisk ? await copyAssets(assets, database, dataFolder, to) : 0;
  let missing = new Set<string>();
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) await rm(`${next}${suffix}`, { force: true });
    await database.backupTo(next);
    if (!onDisk) break;
    copied = await copyAssets(assets, database, dataFolder, to);
    const before = missing;
    missing = await missingAssets(next, to);
    // Missing twice is not collected but lost: copying again would not help.
    if ([...missing].every((digest) => before.has(digest))) break;
  }
  await rename(next, copy);
  await syncFolder(to);
  if (config.s3 !== undefined) {
    await writeFile(
      join(to, 'assets.txt'),
      `The assets stay in the bucket ${config.s3.bucket}; keep its versions as long as this backup.\n`,
    );
  }
  return { assets: copied, missing: missing.size };
}

/**
 * `restore --from DIR`, with the server stopped; `restore --new-epoch` after a PostgreSQL dump was put back by its own
 * tools. Either way the database gets a new epoch: every client notices, re-offers what it holds and deletes nothing.
 */
export async function restore(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const from = stringOption(command, 'from');
  if (from === undefined && command.options['new-epoch'] !== true) {
    throw new AppError(
      'invalidInput',
      '"restore" needs --from DIR, or --new-epoch after a database dump was put back.',
    );
  }
  if (from !== undefined) await putBack(command, from);
  await withContainer(command.config, async ({ services }) => {
    const row = await services.database.read((sql) =>
      sql.get<{ value: string }>(`SELECT value FROM meta WHERE key = 'epoch'`),
    );
    await mintEpoch(services.database, (bytes) => randomBytes(bytes), row?.value ?? '');
  });
  output.out.write('Restored. The server has a new epoch; start it now.\n');
  return 0;
}

async function putBack(command: ParsedCommand, from: string): Promise<void> {
  const { config } = command;
  if (config.databaseURL !== undefined) {
    throw new AppError('invalidInput', 'Put a PostgreSQL dump back with pg_restore, then run "restore --new-epoch".');
  }
  const source = join(from, 'container.sqlite');
  try {
    await access(source);
  } catch {
    throw new AppError('fileUnreadable', `There is no backup in ${from}: container.sqlite is missing.`);
  }
  const target = join(config.dataFolder, 'container.sqlite');
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
  // What is there now is kept aside, never overwritten: a restore may turn out to be the mistake.
  const aside = `.before-restore-${Date.now()}`;
  for (const suffix of ['', '-wal', '-shm']) {
    await rename(`${target}${suffix}`, `${target}${suffix}${aside}`).catch(() => undefined);
  }
  await copyFile(source, target);
  await putAssetsBack(target, from, config.dataFolder);
}
