import type { CliCommand, CliContext } from './command.ts';
import type { CoreClient } from './coreSession.ts';
import { photoRecord } from './photoRecord.ts';
import { listed } from './selection.ts';
import { listInvitations, listShares } from './share.ts';
import { UsageError } from './usageError.ts';

/** Photos whose facts are asked for at once: enough to hide the way to a running shell, few enough to hold in memory. */
const batch = 100;

const lists: Readonly<Record<string, (context: CliContext, client: CoreClient, where: string) => Promise<void>>> = {
  photos: listPhotos,
  albums: async ({ output }, client, where) => {
    for (const album of (await client.albums.list({})).filter((row) => matches(row.title, where))) {
      output.record({ ...album }, `${album.title}\t${album.kind}\t${album.count} photos\t${album.id}`);
    }
  },
  tags: async ({ output }, client, where) => {
    for (const tag of (await client.tags.list({})).filter((row) => matches(row.name, where))) {
      output.record({ ...tag }, `${tag.name}\t${tag.count} photos\t${tag.id}`);
    }
  },
  shares: listShares,
  invitations: listInvitations,
};

/** `list photos|albums|tags|shares|invitations [--where QUERY]` */
export const listCommands: readonly CliCommand[] = Object.entries(lists).map(([noun, list]) => ({
  name: `list ${noun}`,
  usage: '[--where QUERY]',
  summary:
    noun === 'photos'
      ? 'photos, hidden ones included; QUERY as in the search field'
      : `${noun} whose name contains QUERY`,
  flags: { where: { type: 'string' } },
  run: async (context, args, flags) => {
    if (args.length > 0) throw new UsageError(`“${args[0] ?? ''}” is one word too many; a query follows --where.`);
    const { client } = await context.core();
    await list(context, client, typeof flags['where'] === 'string' ? flags['where'] : '');
    return true;
  },
}));

async function listPhotos({ output, signal }: CliContext, client: CoreClient, where: string): Promise<void> {
  for (const kind of listed) {
    let after: string | undefined;
    do {
      const page = await client.photos.timeline({
        view: { source: { kind }, scope: 'both', query: where },
        limit: 5_000,
        ...(after === undefined ? {} : { after }),
      });
      for (let from = 0; from < page.ids.length; from += batch) {
        signal.throwIfAborted();
        const details = await Promise.all(page.ids.slice(from, from + batch).map((id) => client.photos.get({ id })));
        for (const detail of details) {
          output.record(photoRecord(detail), `${detail.takenAt ?? 'no date'}\t${detail.fileName}\t${detail.id}`);
        }
      }
      after = page.next ?? undefined;
    } while (after !== undefined);
  }
}

function matches(name: string, where: string): boolean {
  return name.toLocaleLowerCase().includes(where.toLocaleLowerCase());
}
