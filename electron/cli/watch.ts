import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../shared/errors.ts';
import type { WatchedFolder } from '../../shared/model/library.ts';
import type { CliCommand, CliContext } from './command.ts';
import type { CoreClient } from './coreSession.ts';
import { followImport } from './importing.ts';
import { pathOf } from './paths.ts';
import { UsageError } from './usageError.ts';

/** `watch add|remove|list` */
export const watchCommands: readonly CliCommand[] = [
  {
    name: 'watch add',
    usage: 'PATH...',
    summary: 'reference a folder in place, and whatever is put into it later',
    flags: {},
    run: async (context, args) => {
      if (args.length === 0) throw new UsageError('Name the folder to watch.');
      const paths = args.map(pathOf);
      const { client } = await context.core();
      for (const path of paths) {
        const known = new Set((await client.library.imports({})).map((session) => session.sessionID));
        const added = await client.library.addFolder({ path });
        print(context, (await followFirstScan(context, client, added.id, known)) ?? added);
      }
      return true;
    },
  },
  {
    name: 'watch remove',
    usage: 'PATH [--forget]',
    summary: 'stop watching; photos stay listed as missing unless --forget; no file is touched',
    flags: { forget: { type: 'boolean' } },
    run: async (context, args, flags) => {
      const [path] = args;
      if (path === undefined || args.length > 1) throw new UsageError('Name one folder.');
      const wanted = pathOf(path);
      const { client } = await context.core();
      const folder = (await client.library.folders({})).find((entry) => entry.path === wanted || entry.id === path);
      if (folder === undefined) throw new AppError('notFound', `${wanted} is not a watched folder.`, { path: wanted });
      await client.library.removeFolder({ id: folder.id, forgetPhotos: flags['forget'] === true });
      print(context, folder);
      return true;
    },
  },
  {
    name: 'watch list',
    usage: '',
    summary: 'the watched folders and how they are',
    flags: {},
    run: async (context) => {
      const { client } = await context.core();
      for (const folder of await client.library.folders({})) print(context, folder);
      return true;
    },
  },
];

/** How long `watch add` waits for files that are still being written, in ms. */
const longestWait = 10_000;

/** Waits until a folder that was just added has been walked once, and what was found in it is taken in. */
async function followFirstScan(
  context: CliContext,
  client: CoreClient,
  folderID: WatchedFolder['id'],
  known: ReadonlySet<string>,
): Promise<WatchedFolder | undefined> {
  const followed = new Set(known);
  const started = Date.now();
  const folderNow = async () => (await client.library.folders({})).find(({ id }) => id === folderID);
  for (;;) {
    const before = await folderNow();
    // Asked in this order: a walk that is over by now has begun its import, which the list after it must show.
    for (const session of await client.library.imports({})) {
      if (followed.has(session.sessionID)) continue;
      followed.add(session.sessionID);
      await followImport(context, client, session.sessionID);
    }
    if (before === undefined || before.state === 'unavailable' || context.signal.aborted) return folderNow();
    // Files written a moment ago are looked at once more; one that goes on being written is left to the next run.
    const settled = before.waiting === 0 || Date.now() - started > longestWait;
    if (before.scannedAt !== null && settled) return folderNow();
    await delay(50);
  }
}

function print({ output }: CliContext, folder: WatchedFolder): void {
  const remark = folder.reason === null ? '' : `\t${folder.reason}`;
  output.record({ ...folder }, `${folder.path}\t${folder.state}\t${folder.photos} photos${remark}`);
}
