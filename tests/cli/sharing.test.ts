import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whereOf } from '../../electron/cli/selection.ts';
import { findLink, findParticipant, findShare, whatToShare } from '../../electron/cli/shareArguments.ts';
import type { Share } from '../../shared/model/share.ts';
import { openSharingStore } from '../helpers/sharingStore.ts';
import { typed } from '../helpers/terminal.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';

/** People of the share: id, e-mail, name, state. Two are called Ben, and one took the address of another for a name. */
const people = [
  ['p-ana', 'ana@example.org', 'Ana', 'ACCEPTED'],
  ['p-ben', 'ben@example.org', 'Ben', 'ACCEPTED'],
  ['p-other', null, 'ben', 'INVITED'],
  ['p-clara', 'clara@example.org', 'Clara', 'INVITED'],
  ['p-gone', 'old@example.org', 'CLARA', 'REMOVED'],
  ['p-liar', 'liar@example.org', 'BEN@example.org', 'ACCEPTED'],
  ['p-nameless', 'dora@example.org', '', 'ACCEPTED'],
] as const;

/** Links of the share: id, label, state. */
const links = [
  ['l-old', 'Family', 'REVOKED'],
  ['l-new', 'Family', 'ACTIVE'],
  ['l-one', 'Friends', 'ACTIVE'],
  ['l-two', 'Friends', 'ACTIVE'],
  ['l-spent', 'Spent', 'USED_UP'],
  ['l-blank', '', 'ACTIVE'],
] as const;

/** The folder of a library with one photo and the share, as syncing leaves them. */
function makeLibrary(): string {
  const { store, directory, zone, photo } = openSharingStore();
  zone('share.1');
  photo();
  for (const values of people) {
    store.connection
      .statement<(string | null)[]>(
        `INSERT INTO participant (id, zone_id, email, display_name, type, rights, acceptance)
         VALUES (?, 'share.1', ?, ?, 'USER', 15, ?)`,
      )
      .run(...values);
  }
  for (const values of links) {
    store.connection
      .statement<string[]>(
        `INSERT INTO share_link (id, zone_id, short_guid, role, label, state, created_at)
         VALUES (?, 'share.1', 'guid', 'VIEWER', ?, ?, 0)`,
      )
      .run(...values);
  }
  store.dispose();
  return directory;
}

let library: TestLibrary;
let share: Share;
beforeAll(async () => {
  library = await openTestLibrary({ directory: makeLibrary(), remove: true });
  share = await findShare(library.client, 'share.1');
});
afterAll(async () => library.dispose());

const person = async (who: string) => (await findParticipant(library.client, share, who)).id;
const link = async (name: string) => (await findLink(library.client, share, name)).id;

describe('somebody in a share', () => {
  it.each([
    ['p-other', 'p-other'],
    ['BEN@example.org', 'p-ben'],
    ['clara', 'p-clara'],
  ])('%s is %s', async (who, id) => {
    expect(await person(who)).toBe(id);
  });

  it('who shares a name with somebody else is not guessed, and the ids are told', async () => {
    await expect(person('Ben')).rejects.toMatchObject({
      code: 'invalidInput',
      message: '2 people are called “Ben”; use the id: p-ben (ben@example.org, accepted), p-other (invited).',
    });
  });

  it('who was removed is not there any more, by whatever name', async () => {
    await expect(person('p-gone')).rejects.toMatchObject({ code: 'notFound' });
    await expect(person('old@example.org')).rejects.toMatchObject({ code: 'notFound' });
  });

  it.each(['', ' '])('%j, as an unset variable gives it, is nobody', async (who) => {
    await expect(person(who)).rejects.toThrow('Name the person');
  });
});

describe('a link of a share', () => {
  it.each([
    ['l-old', 'l-old'],
    ['Family', 'l-new'],
    ['Spent', 'l-spent'],
  ])('%s is %s', async (name, id) => {
    expect(await link(name)).toBe(id);
  });

  it('whose label another one has that opens too is not guessed, and the ids are told', async () => {
    await expect(link('Friends')).rejects.toMatchObject({
      code: 'invalidInput',
      message:
        '2 links are called “Friends”; use the id: l-one (viewer, active, 0 uses), l-two (viewer, active, 0 uses).',
    });
  });

  it('that an unset variable names is none', async () => {
    await expect(link('')).rejects.toThrow('Name the link');
  });
});

describe('what is shared', () => {
  it.each(['', ' ', '""', 'b'])('is nothing with --where %j, also beside an album', async (where) => {
    const { client } = library;
    await expect(whatToShare(client, [], { where })).rejects.toThrow('--where');
    await expect(whatToShare(client, [], { where, album: 'Crete' })).rejects.toThrow('--where');
  });

  it.each(['jpg', '海', '"b"', 'rating:4', 'tag:"', '-sea'])('is looked for with --where %s', (where) => {
    expect(whereOf({ where })).toBe(where);
  });
});

it('a command that could mean two people or two links does nothing, and ends with 2', async () => {
  const directory = makeLibrary();
  const run = (...words: readonly string[]) => typed(directory, 'share', ...words, '--library', directory);
  const two = (what: string) => ({ code: 2, out: '', err: expect.stringContaining(`2 ${what} are called`) });
  expect(await run('remove', 'share.1', 'Ben')).toEqual(two('people'));
  expect(await run('rights', 'share.1', 'Ben', 'viewer')).toEqual(two('people'));
  expect(await run('link', 'share.1', '--revoke', 'Friends')).toEqual(two('links'));
  expect(await run('add', 'share.1', '--where', ' ')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--where is empty'),
  });
  rmSync(directory, { recursive: true, force: true });
});
