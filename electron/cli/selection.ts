import { AppError } from '../../shared/errors.ts';
import { photoID, type PhotoID } from '../../shared/ids.ts';
import type { CoreClient } from './coreSession.ts';
import type { FlagValues } from './command.ts';
import { UsageError } from './usageError.ts';

/** The flag by which a command takes photos by a search instead of by id. */
export const whereFlag = { where: { type: 'string' } } as const;

/** A "quoted phrase" of a search, closed or not. */
const phrase = /"([^"]*)"?/gu;

/**
 * What a command looks for with `--where`; undefined without the flag. A search without a word leaves no photo out, so one
 * of an unset variable (`--where "$Q"`, in quotes of its own too) would mean the whole library.
 * @throws UsageError when it has no word, or only single letters, which the search takes for words half typed
 */
export function whereOf(flags: FlagValues): string | undefined {
  const { where } = flags;
  if (typeof where !== 'string') return undefined;
  if (where.trim() === '') throw new UsageError('--where is empty: say what to look for.');
  const quoted = [...where.matchAll(phrase)].some(([, text]) => /[\p{L}\p{N}]/u.test(text ?? ''));
  if (quoted || where.replaceAll(phrase, ' ').split(/\s+/u).some(narrows)) return where;
  throw new UsageError(
    `--where “${where}” leaves no photo out: a sign is no word, and a single letter is one only in double quotes.`,
  );
}

/** Whether a word leaves photos out. In scripts that do not tell capitals, a single character may be a whole word. */
function narrows(word: string): boolean {
  return /\p{Lo}/u.test(word) || (word.match(/[\p{L}\p{N}]/gu)?.length ?? 0) > 1;
}

/** A list a search looks in. */
export type SearchedList = 'library' | 'hidden' | 'trash';

/**
 * What `list photos` shows, and so what `--where` means everywhere: what a person sees listed is what is acted on. What is
 * hidden in the interface is still in the library; what is in the trash is not.
 */
export const listed: readonly SearchedList[] = ['library', 'hidden'];

/** What the help of a command with `--where` says of it. */
export const whereDetails =
  '--where takes what “list photos --where” lists, hidden photos included, but refuses a search without a word.';
/** What the help of a command that takes ids says of them. */
export const unknownDetails = 'An id that is not known ends with exit code 1; the other photos are done nevertheless.';

/** Photos a command is about, and the ids it was given that no photo has. */
export interface SelectedPhotos {
  readonly ids: PhotoID[];
  readonly unknown: readonly string[];
}

/**
 * The photos a command is about: those named by id, or those a search finds with `--where`. A command does its work with
 * those there are, then calls `refuseUnknown`: as with photos whose rights are missing, one of many keeps nothing back.
 * @param lists what a search looks in
 * @throws UsageError when neither or both are given; AppError notFound when ids are given and none is known
 */
export async function selectedPhotos(
  client: CoreClient,
  ids: readonly string[],
  flags: FlagValues,
  lists: readonly SearchedList[] = listed,
): Promise<SelectedPhotos> {
  const where = whereOf(flags);
  if (where !== undefined && ids.length > 0) throw new UsageError('Name photos by id or by --where, not by both.');
  if (where !== undefined) return { ids: await photosWhere(client, where, lists), unknown: [] };
  if (ids.length === 0)
    throw new UsageError('Name photos by their ids, as “list photos” shows them, or by --where QUERY.');
  const selected = await knownPhotos(client, ids);
  if (selected.ids.length === 0) refuseUnknown(selected);
  return selected;
}

/** Ids of what a search finds, list after list. */
export async function photosWhere(
  client: CoreClient,
  query: string,
  lists: readonly SearchedList[] = listed,
): Promise<PhotoID[]> {
  const found: PhotoID[] = [];
  for (const kind of lists) {
    found.push(...(await client.photos.allIDs({ view: { source: { kind }, scope: 'both', query } })));
  }
  return found;
}

/** @throws AppError notFound naming the ids that no photo has; none when all are known */
export function refuseUnknown({ unknown }: SelectedPhotos): void {
  const [first] = unknown;
  if (first === undefined) return;
  const names = unknown.map((id) => `“${id}”`).join(', ');
  throw new AppError('notFound', `There is no photo ${names}.`, { id: first, unknown: unknown.length });
}

/** As many tiles as the contract gives at once. */
const batch = 500;

async function knownPhotos(client: CoreClient, ids: readonly string[]): Promise<SelectedPhotos> {
  // What cannot be an id at all (an unset variable, a file's name) is the id of no photo.
  const possible = ids.flatMap((id) => photoID.safeParse(id).data ?? []);
  const known = new Set<string>();
  for (let from = 0; from < possible.length; from += batch) {
    for (const { id } of await client.photos.tiles({ ids: possible.slice(from, from + batch) })) known.add(id);
  }
  return { ids: possible.filter((id) => known.has(id)), unknown: ids.filter((id) => !known.has(id)) };
}
