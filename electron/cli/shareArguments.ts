import { AppError, errorMessage } from '../../shared/errors.ts';
import { albumID, photoID, type AlbumID, type PhotoID } from '../../shared/ids.ts';
import {
  openPreset,
  sharePreset,
  type OpenPreset,
  type Participant,
  type Share,
  type ShareLinkInfo,
  type SharePreset,
} from '../../shared/model/share.ts';
import type { CliContext, FlagValues } from './command.ts';
import type { CoreClient } from './coreSession.ts';
import { whereOf } from './selection.ts';
import { UsageError } from './usageError.ts';

/** A flag's text; undefined when it was not given. */
export function textFlag(flags: FlagValues, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

/** viewer, contributor or editor: what a link may give. @throws AppError invalidInput */
export function openPresetFlag(flags: FlagValues, name: string): OpenPreset | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const parsed = openPreset.safeParse(text);
  if (!parsed.success) throw new AppError('invalidInput', `--${name} is viewer, contributor or editor, not “${text}”.`);
  return parsed.data;
}

/** What somebody may do, by its name. @throws AppError invalidInput */
export function presetOf(text: string): SharePreset {
  const parsed = sharePreset.safeParse(text);
  if (!parsed.success) throw new AppError('invalidInput', `“${text}” is not viewer, contributor, editor or manager.`);
  return parsed.data;
}

/**
 * The core with its server: a library opened by this command signs in by its stored session first. A running Shoebox
 * that answers for the library is signed in by itself.
 */
export async function sharingClient(context: Pick<CliContext, 'core'>): Promise<CoreClient> {
  const { client, app } = await context.core();
  await app?.sync.accounts.begin();
  return client;
}

/** Sends what was changed, so that the command does not end with it on this computer alone. */
export async function sendChanges(context: Pick<CliContext, 'core' | 'output'>): Promise<void> {
  const { client } = await context.core();
  const { waitingChanges, attention } = await client.sync.now({});
  if (waitingChanges > 0)
    context.output.note(`${waitingChanges} changes wait for the server; they go with the next sync.`);
  for (const { message } of attention) if (message !== null) context.output.note(message);
}

/** Asks the server for invitations and requests; without one, what is remembered is shown, and beside it why it may be old. */
export async function askServer(client: CoreClient, output: CliContext['output']): Promise<void> {
  await client.sharing.refresh({}).catch((error: unknown) => output.note(errorMessage(error)));
}

/** A share by its id, its title, or its link. @throws AppError notFound, invalidInput when a title names several */
export async function findShare(client: CoreClient, name: string | undefined): Promise<Share> {
  if (name === undefined)
    throw new UsageError('Name the share: its title, id or link. `shoebox list shares` lists them.');
  const shares = await client.sharing.list({});
  const exact = shares.find((share) => share.id === name || share.link === name);
  if (exact !== undefined) return exact;
  const titled = shares.filter((share) => share.title.toLocaleLowerCase() === name.toLocaleLowerCase());
  const [one, another] = titled;
  if (one === undefined)
    throw new AppError('notFound', `There is no share “${name}”. \`shoebox list shares\` lists them.`);
  if (another !== undefined) {
    throw new AppError('invalidInput', `${titled.length} shares are called “${name}”; use the id of one of them.`);
  }
  return one;
}

/**
 * Somebody in a share by id, else by e-mail, else by name. Whoever was removed is not in it: they stay in the list of it
 * on this computer alone. @throws AppError notFound, invalidInput when several are called so
 */
export async function findParticipant(client: CoreClient, share: Share, who: string | undefined): Promise<Participant> {
  if (who === undefined || who.trim() === '') throw new UsageError('Name the person: e-mail address, name or id.');
  const { participants } = await client.sharing.get({ id: share.id });
  const there = participants.filter(({ state }) => state !== 'removed');
  const wanted = who.toLocaleLowerCase();
  const byID = there.filter(({ id }) => id === who);
  const byEmail = there.filter(({ person }) => person.email?.toLocaleLowerCase() === wanted);
  const byName = there.filter(({ person }) => person.name?.toLocaleLowerCase() === wanted);
  // Everybody chooses their own name: one like the address of somebody else must not stand for that person.
  const found = [byID, byEmail, byName].find(({ length }) => length > 0) ?? [];
  const [one, another] = found;
  if (one === undefined) throw new AppError('notFound', `${who} is not in “${share.title}”.`);
  if (another !== undefined) {
    const ids = found.map(({ id, person, state }) => `${id} (${[person.email ?? [], state].flat().join(', ')})`);
    throw new AppError('invalidInput', `${found.length} people are called “${who}”; use the id: ${ids.join(', ')}.`);
  }
  return one;
}

/**
 * A link of a share by id, else by label. One that still opens goes before those that do not: a label is often given again
 * to the link that replaces another. @throws AppError notFound, invalidInput when a label names several
 */
export async function findLink(client: CoreClient, share: Share, name: string): Promise<ShareLinkInfo> {
  if (name.trim() === '') throw new UsageError('Name the link: its label or id. `shoebox share show` lists them.');
  const { links } = await client.sharing.get({ id: share.id });
  const exact = links.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  const labelled = links.filter(({ label }) => label === name);
  const active = labelled.filter(({ state }) => state === 'active');
  const found = active.length > 0 ? active : labelled;
  const [one, another] = found;
  if (one === undefined) throw new AppError('notFound', `“${share.title}” has no link “${name}”.`);
  if (another !== undefined) {
    const ids = found.map(({ id, preset, state, uses }) => `${id} (${preset}, ${state}, ${uses} uses)`);
    throw new AppError('invalidInput', `${found.length} links are called “${name}”; use the id: ${ids.join(', ')}.`);
  }
  return one;
}

/**
 * The photos named by id, by a query or by an album. Unlike elsewhere a query leaves hidden photos out: what others have seen
 * cannot be taken back. @throws UsageError when nothing is named, or with `--where` nothing to look for
 */
export async function whatToShare(
  client: CoreClient,
  ids: readonly string[],
  flags: FlagValues,
): Promise<{ photoIDs: PhotoID[]; albumID: AlbumID | null }> {
  const photoIDs = ids.map((id) => photoID.parse(id));
  const where = whereOf(flags);
  if (where !== undefined) {
    photoIDs.push(
      ...(await client.photos.allIDs({ view: { source: { kind: 'library' }, scope: 'both', query: where } })),
    );
  }
  const album = textFlag(flags, 'album');
  if (album === undefined && photoIDs.length === 0) {
    throw new UsageError(
      where === undefined ? 'Name photos by id, --where QUERY, or --album ALBUM.' : `“${where}” finds no photo.`,
    );
  }
  return { photoIDs, albumID: album === undefined ? null : await findAlbum(client, album) };
}

async function findAlbum(client: CoreClient, name: string): Promise<AlbumID> {
  const albums = await client.albums.list({});
  const found = albums.filter(({ id, title }) => id === name || title.toLocaleLowerCase() === name.toLocaleLowerCase());
  const [one, another] = found;
  if (one === undefined) throw new AppError('notFound', `There is no album “${name}”.`);
  if (another !== undefined)
    throw new AppError('invalidInput', `${found.length} albums are called “${name}”; use an id.`);
  return albumID.parse(one.id);
}

/** One share on one line. */
export function shareText(share: Share): string {
  const state = share.endsAt === null ? '' : `\tends ${new Date(share.endsAt).toISOString().slice(0, 10)}`;
  const whose = share.mine
    ? 'yours'
    : `by ${share.owner.name ?? share.owner.email ?? 'somebody'}, you: ${share.preset}`;
  return `${share.title}\t${whose}\t${share.photos} photos\t${share.people} people${state}\t${share.id}`;
}
