import type { AlbumID, PhotoID } from '../../shared/ids.ts';
import type { CliCommand, CliContext, FlagValues } from './command.ts';
import type { CoreClient } from './coreSession.ts';
import { wholeNumber, readNumber } from './numbers.ts';
import { listed, refuseUnknown, selectedPhotos, unknownDetails, whereDetails, whereFlag } from './selection.ts';
import type { SearchedList } from './selection.ts';
import { UsageError } from './usageError.ts';

type Changed = { readonly changed: number; readonly refused: number };
/** Reads the flags first, so that a wrong one is refused whatever is found, then acts on photos. @throws UsageError */
type PhotoStep = (flags: FlagValues) => (client: CoreClient, ids: PhotoID[]) => Promise<Changed>;
/** What the search of a step looks in, and how its help says so. */
type Searched = { readonly lists: (flags: FlagValues) => readonly SearchedList[]; readonly details: string };

const listedPhotos: Searched = { lists: () => listed, details: whereDetails };

const text = (flags: FlagValues, name: string): string | undefined =>
  typeof flags[name] === 'string' ? flags[name] : undefined;
const many = (flags: FlagValues, name: string): string[] => [flags[name] ?? []].flat().map(String);

/** A step on photos named by id or by search; fails when any was refused or is not known. */
function photoStep(
  name: string,
  usage: string,
  summary: string,
  flags: CliCommand['flags'],
  step: PhotoStep,
  searched: Searched = listedPhotos,
): CliCommand {
  return {
    name,
    usage: `ID… | --where QUERY${usage === '' ? '' : `  ${usage}`}`,
    summary,
    details: [searched.details, unknownDetails],
    flags: { ...whereFlag, ...flags },
    run: async ({ core, output }, args, given) => {
      const act = step(given);
      const { client } = await core();
      const selected = await selectedPhotos(client, args, given, searched.lists(given));
      const { changed, refused } =
        selected.ids.length === 0 ? { changed: 0, refused: 0 } : await act(client, selected.ids);
      output.record(
        { changed, refused },
        `${changed} changed${refused === 0 ? '' : `, ${refused} left out: your rights in the share do not allow it`}.`,
      );
      refuseUnknown(selected);
      return refused === 0;
    },
  };
}

const photoSteps: readonly CliCommand[] = [
  photoStep(
    'tag',
    '--add NAME --remove NAME',
    'add and remove tags; both flags may be repeated',
    { add: { type: 'string', multiple: true }, remove: { type: 'string', multiple: true } },
    (flags) => {
      const [add, remove] = [many(flags, 'add'), many(flags, 'remove')];
      if (add.length + remove.length === 0) throw new UsageError('Say which tags with --add or --remove.');
      return (client, photoIDs) => client.tags.apply({ photoIDs, add, remove });
    },
  ),
  photoStep('rate', '--stars N', 'give 1 to 5 stars; 0 takes mine away', { stars: { type: 'string' } }, (flags) => {
    const rating = wholeNumber(text(flags, 'stars'), '--stars', 0, 5);
    return (client, ids) => client.photos.setRating({ ids, rating });
  }),
  photoStep(
    'favourite',
    '[--off]',
    'make photos favourites',
    { off: { type: 'boolean' } },
    (flags) => (client, ids) => client.photos.setFavourite({ ids, favourite: flags['off'] !== true }),
  ),
  photoStep(
    'hide',
    '[--off]',
    'hide photos from every list but Hidden',
    { off: { type: 'boolean' } },
    (flags) => (client, ids) => client.photos.setHidden({ ids, hidden: flags['off'] !== true }),
    {
      // A photo that is not hidden is not meant by who shows photos again.
      lists: (flags) => (flags['off'] === true ? ['hidden'] : listed),
      details: `${whereDetails} With --off it takes hidden photos alone.`,
    },
  ),
  photoStep(
    'describe',
    '--title TEXT --caption TEXT',
    'set title and caption; an empty text clears',
    { title: { type: 'string' }, caption: { type: 'string' } },
    (flags) => {
      const [title, caption] = [text(flags, 'title'), text(flags, 'caption')];
      if (title === undefined && caption === undefined)
        throw new UsageError('Say what to set with --title or --caption.');
      return (client, ids) => client.photos.setText({ ids, title, caption });
    },
  ),
  photoStep(
    'date',
    '--set 2024-07-01T10:00:00 | --shift SECONDS | --zone MINUTES',
    'set or move the capture time, or say the time zone (minutes east of UTC)',
    { set: { type: 'string' }, shift: { type: 'string' }, zone: { type: 'string' } },
    (flags) => {
      const change = dateChange(text(flags, 'set'), text(flags, 'shift'), text(flags, 'zone'));
      return (client, ids) => client.photos.setDate({ ids, change });
    },
  ),
  photoStep(
    'place',
    '--at LATITUDE,LONGITUDE | --none',
    'put photos on the map, or take them off',
    { at: { type: 'string' }, none: { type: 'boolean' } },
    (flags) => {
      const at = text(flags, 'at');
      if ((at === undefined) === (flags['none'] !== true)) throw new UsageError('Give either --at or --none.');
      const place = at === undefined ? null : position(at);
      return (client, ids) => client.photos.setPlace({ ids, place });
    },
  ),
  photoStep(
    'trash',
    '',
    'move photos to the trash for 30 days',
    {},
    () => (client, ids) => client.photos.trash({ ids }),
  ),
  photoStep('untrash', '', 'take photos out of the trash', {}, () => (client, ids) => client.photos.restore({ ids }), {
    lists: () => ['trash'],
    details: '--where takes photos in the trash.',
  }),
];

type DateChange = Parameters<CoreClient['photos']['setDate']>[0]['change'];

/** What the flags of `date` ask for. @throws UsageError */
function dateChange(takenAt: string | undefined, shift: string | undefined, zone: string | undefined): DateChange {
  if ([takenAt, shift, zone].filter((one) => one !== undefined).length !== 1) {
    throw new UsageError('Give exactly one of --set, --shift and --zone.');
  }
  if (takenAt !== undefined) {
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/u.test(takenAt)) {
      throw new UsageError(`--set takes a local time as in 2024-07-01T10:00:00, not “${takenAt}”.`);
    }
    return { mode: 'set', takenAt, offset: null };
  }
  if (shift !== undefined) return { mode: 'shift', seconds: wholeNumber(shift, '--shift', -1e10, 1e10) };
  return { mode: 'zone', offset: wholeNumber(zone, '--zone', -900, 900) };
}

/** Latitude and longitude in degrees. @throws UsageError */
function position(at: string): { readonly latitude: number; readonly longitude: number } {
  const [latitude = Number.NaN, longitude = Number.NaN, more] = at.split(',').map(readNumber);
  // A number that is none is on no side of a bound.
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) || more !== undefined) {
    throw new UsageError(`--at takes latitude and longitude in degrees, as in 35.51,24.02, not “${at}”.`);
  }
  return { latitude, longitude };
}

/** An album by its id, or by its title where only one has it. */
async function albumNamed(client: CoreClient, word: string | undefined): Promise<AlbumID> {
  if (word === undefined) throw new UsageError('Name an album by its title or its id.');
  const albums = await client.albums.list({});
  const found = albums.filter((album) => album.id === word || album.title === word);
  const [only, another] = found;
  if (only === undefined) throw new UsageError(`There is no album “${word}”.`);
  if (another !== undefined) throw new UsageError(`Several albums are called “${word}”; name it by its id.`);
  return only.id;
}

const albumShown = (
  { output }: CliContext,
  album: { id: string; title: string; kind: string; count: number },
): boolean => {
  output.record({ ...album }, `${album.title}\t${album.kind}\t${album.count} photos\t${album.id}`);
  return true;
};

const albumCommands: readonly CliCommand[] = [
  {
    name: 'album create',
    usage: 'TITLE [--folder] [--in FOLDER] [--where QUERY]',
    summary: 'make an album of what a search finds, an empty one, or a folder of albums',
    details: [whereDetails, unknownDetails],
    flags: { ...whereFlag, folder: { type: 'boolean' }, in: { type: 'string' } },
    run: async (context, args, flags) => {
      const [title, ...ids] = args;
      if (title === undefined) throw new UsageError('Give the album a title.');
      const { client } = await context.core();
      const parent = text(flags, 'in');
      const none = ids.length === 0 && flags['where'] === undefined;
      const selected = none ? { ids: [], unknown: [] } : await selectedPhotos(client, ids, flags);
      const made = await client.albums.create({
        kind: flags['folder'] === true ? 'folder' : 'manual',
        title,
        parentID: parent === undefined ? null : await albumNamed(client, parent),
        photoIDs: selected.ids,
      });
      albumShown(context, made);
      refuseUnknown(selected);
      return true;
    },
  },
  {
    name: 'album rename',
    usage: 'ALBUM TITLE',
    summary: 'give an album another title',
    flags: {},
    run: async (context, [album, title]) => {
      if (title === undefined) throw new UsageError('Give the album and its new title.');
      const { client } = await context.core();
      return albumShown(context, await client.albums.update({ id: await albumNamed(client, album), title }));
    },
  },
  {
    name: 'album add',
    usage: 'ALBUM ID… | ALBUM --where QUERY',
    summary: 'put photos into an album',
    details: [whereDetails, unknownDetails],
    flags: whereFlag,
    run: async ({ core, output }, [album, ...ids], flags) => {
      const { client } = await core();
      const id = await albumNamed(client, album);
      const selected = await selectedPhotos(client, ids, flags);
      const { ids: photoIDs } = selected;
      const { added, already } =
        photoIDs.length === 0 ? { added: 0, already: 0 } : await client.albums.addPhotos({ id, photoIDs });
      output.record({ added, already }, `${added} added, ${already} were in it already.`);
      refuseUnknown(selected);
      return true;
    },
  },
  {
    name: 'album remove',
    usage: 'ALBUM ID… | ALBUM --where QUERY',
    summary: 'take photos out of an album; they stay in the library',
    details: [whereDetails, unknownDetails],
    flags: whereFlag,
    run: async ({ core, output }, [album, ...ids], flags) => {
      const { client } = await core();
      const id = await albumNamed(client, album);
      const selected = await selectedPhotos(client, ids, flags);
      const { ids: photoIDs } = selected;
      const { removed } = photoIDs.length === 0 ? { removed: 0 } : await client.albums.removePhotos({ id, photoIDs });
      output.record({ removed }, `${removed} removed.`);
      refuseUnknown(selected);
      return true;
    },
  },
  {
    name: 'album delete',
    usage: 'ALBUM',
    summary: 'delete an album, or a folder with its albums; photos stay',
    flags: {},
    run: async ({ core, output }, [album]) => {
      const { client } = await core();
      const id = await albumNamed(client, album);
      await client.albums.delete({ id });
      output.record({ deleted: id }, 'Deleted. “undo” brings it back.');
      return true;
    },
  },
];

const stepCommand = (name: 'undo' | 'redo', summary: string): CliCommand => ({
  name,
  usage: '',
  summary,
  flags: {},
  run: async ({ core, output }) => {
    const { client } = await core();
    const { step, skipped } = await client.undo[name]({});
    const kept = skipped === 0 ? '' : ` ${skipped} were changed by somebody else meanwhile and stay.`;
    output.record(
      { step, skipped },
      step === null ? `There is nothing to ${name}.` : `${step.label}: ${step.state}.${kept}`,
    );
    return step !== null;
  },
});

/** Organising from a terminal: the counterparts of what the window's menus do. Every step can be undone. */
export const organiseCommands: readonly CliCommand[] = [
  ...photoSteps,
  ...albumCommands,
  {
    name: 'tag rename',
    usage: 'TAG NAME',
    summary: 'rename a tag; the name of another tag merges the two',
    flags: {},
    run: async ({ core, output }, [word, name]) => {
      if (word === undefined || name === undefined) throw new UsageError('Give the tag and its new name.');
      const { client } = await core();
      const found = (await client.tags.list({})).filter((tag) => tag.id === word || tag.name === word);
      const [tag, another] = found;
      if (tag === undefined) throw new UsageError(`There is no tag “${word}”.`);
      if (another !== undefined) throw new UsageError(`Several shares have a tag “${word}”; name it by its id.`);
      const stays = await client.tags.update({ id: tag.id, name });
      output.record({ ...stays }, `${stays.name}\t${stays.count} photos\t${stays.id}`);
      return true;
    },
  },
  stepCommand('undo', 'take back the last organising or editing step'),
  stepCommand('redo', 'do again what was undone last'),
  {
    name: 'steps',
    usage: '[--limit N]',
    summary: 'the steps that can be undone and redone, newest first',
    flags: { limit: { type: 'string' } },
    run: async ({ core, output }, _, flags) => {
      const limit = flags['limit'] === undefined ? 20 : wholeNumber(text(flags, 'limit'), '--limit', 1, 500);
      const { client } = await core();
      for (const step of await client.undo.list({ limit })) {
        output.record({ ...step }, `${new Date(step.at).toISOString()}\t${step.state}\t${step.label}`);
      }
      return true;
    },
  },
];
