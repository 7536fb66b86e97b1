import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { drawPhotos } from '../../build/demoPhotos.ts';
import { startDemoWorld, type DemoPerson, type DemoWorld } from '../../build/demoWorld.ts';

/*
 * The sharing flow again, by two people who have nothing but a terminal: every step is a process of its own that opens
 * the library, speaks to the server and ends.
 */

let folder = '';
let world: DemoWorld;
let ana: DemoPerson;
let ben: DemoPerson;

test.setTimeout(600_000);

test.beforeAll(async () => {
  test.setTimeout(600_000);
  folder = mkdtempSync(join(tmpdir(), 'shoebox-terminal-'));
  world = await startDemoWorld(folder);
  [ana, ben] = await Promise.all([world.person('Ana'), world.person('Ben')]);
  const files = await drawPhotos(join(ana.home, 'pictures'), 'crete', 1, 3);
  await say(ana, ['import', ...files, '--json']);
});

test.afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command that must succeed; its answer as objects. */
async function say(person: DemoPerson, args: readonly string[]): Promise<Readonly<Record<string, unknown>>[]> {
  const { code, out, err } = await person.shoebox([...args, ...(args.includes('--json') ? [] : ['--json'])]);
  expect(code, `${person.name}: ${args.join(' ')}\n${err}`).toBe(0);
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
}

const hashes = async (person: DemoPerson): Promise<unknown[]> =>
  (await say(person, ['list', 'photos'])).map((photo) => photo['sha256']).sort();

test('the sharing flow by two people at their terminals', async () => {
  const before = await say(ana, ['list', 'photos']);
  const [first, second] = before.map((photo) => String(photo['id']));
  const kept = await hashes(ana);

  const [made] = await say(ana, ['share', 'create', 'Crete', first ?? '', '--invite', 'ben@example.org=editor']);
  expect(made).toMatchObject({ title: 'Crete', moved: 1, refused: [] });
  const link = String(made?.['link']);

  expect(await say(ben, ['list', 'invitations'])).toMatchObject([{ title: 'Crete', preset: 'editor', photos: 1 }]);
  expect(await say(ben, ['share', 'accept', link])).toMatchObject([{ outcome: 'preview', title: 'Crete' }]);
  expect(await say(ben, ['list', 'photos'])).toEqual([]);
  expect(await say(ben, ['share', 'accept', link, '--yes'])).toMatchObject([{ outcome: 'accepted', title: 'Crete' }]);
  expect((await say(ben, ['list', 'photos'])).map((photo) => photo['id'])).toEqual([first]);

  expect(await say(ana, ['share', 'add', 'Crete', second ?? ''])).toMatchObject([{ moved: 1 }]);
  await say(ben, ['sync']);
  expect((await say(ben, ['list', 'photos'])).map((photo) => photo['id']).sort()).toEqual([first, second].sort());

  expect(await say(ana, ['share', 'rights', 'Crete', 'ben@example.org', 'viewer'])).toMatchObject([
    { preset: 'viewer' },
  ]);
  const [people] = await say(ana, ['share', 'show', 'Crete']);
  expect(people?.['participants']).toMatchObject([{ isOwner: true }, { preset: 'viewer', state: 'accepted' }]);

  expect(await say(ben, ['share', 'leave', 'Crete', '--keep', 'everything'])).toMatchObject([{ copied: 2 }]);
  expect(await say(ben, ['list', 'shares'])).toEqual([]);
  expect(await say(ben, ['list', 'photos'])).toHaveLength(2);

  expect(await say(ana, ['share', 'stop', 'Crete', '--grace', '0'])).toMatchObject([{ kept: 2, endsAt: null }]);
  expect(await say(ana, ['list', 'shares'])).toEqual([]);
  expect(await hashes(ana)).toEqual(kept);

  const nothing = await ben.shoebox(['share', 'accept', link]);
  expect(nothing.code).toBe(1);
  expect(nothing.err).toContain('knows no share under this link');
});

test('who may come into a share is set, asked for and answered at the terminal', async () => {
  const [photo] = await say(ana, ['list', 'photos']);
  const [made] = await say(ana, ['share', 'create', 'Alps', String(photo?.['id'])]);
  const link = String(made?.['link']);

  expect((await ben.shoebox(['share', 'accept', link])).err).toContain('for invited people');
  await say(ben, ['share', 'request', link, '--message', 'It is me']);
  const [asked] = await say(ana, ['share', 'show', 'Alps']);
  expect(asked).toMatchObject({
    denyAccessRequests: false,
    accessRequests: [{ person: { email: 'ben@example.org' } }],
  });
  const stranger = await ana.shoebox(['share', 'answer', 'Alps', 'carla@example.org', '--refuse']);
  expect(stranger).toMatchObject({ code: 1, err: expect.stringContaining('has not asked') });
  expect(await say(ana, ['share', 'answer', 'Alps', 'ben@example.org', '--as', 'editor'])).toMatchObject([
    { answer: 'editor' },
  ]);
  expect(await say(ben, ['list', 'invitations'])).toMatchObject([{ title: 'Alps', preset: 'editor' }]);

  const changed = await say(ana, [
    'share',
    'set',
    'Alps',
    '--title',
    'High Alps',
    '--public',
    'viewer',
    '--requests',
    'refuse',
  ]);
  expect(changed).toMatchObject([{ title: 'High Alps', publicPreset: 'viewer' }]);
  expect(await say(ana, ['share', 'show', 'High Alps'])).toMatchObject([
    { denyAccessRequests: true, accessRequests: [] },
  ]);
  expect(await say(ana, ['share', 'set', 'High Alps', '--public', 'none'])).toMatchObject([{ publicPreset: null }]);
  const nothing = await ana.shoebox(['share', 'set', 'High Alps']);
  expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining('Say what to change') });
});
