// Measures sharing between two people, each with a real process, and a real server, over loopback:
// `npm run bench -- sharing [--photos 2000] [--added 40]`. The figures beside are the promised ones.
import '../../build/check-node.mjs';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startDemoWorld, type DemoPerson } from '../../build/demoWorld.ts';
import { makePhotoFolder } from '../../build/photoFolder.ts';
import { openCoreSession, type CoreSession } from '../../electron/cli/coreSession.ts';
import type { PhotoID, ZoneID } from '../../shared/ids.ts';

const { values } = parseArgs({
  options: { photos: { type: 'string', default: '2000' }, added: { type: 'string', default: '40' } },
});
const count = Number(values.photos);
const added = Number(values.added);
const folder = mkdtempSync(join(tmpdir(), 'shoebox-sharing-bench-'));
const world = await startDemoWorld(folder);
try {
  await measure();
} finally {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const [ana, ben] = [await world.person('Ana'), await world.person('Ben')];
  const pictures = join(folder, 'pictures');
  await makePhotoFolder({ directory: pictures, photos: count + added, width: 1_200, height: 900, quality: 80 });
  const took = await ana.shoebox(['import', '--reference', pictures]);
  if (took.code !== 0) throw new Error(`The photos were not imported: ${took.err}`);
  await Promise.all([ana.open(), ben.open()]);
  const [anas, bens] = [await connect(ana), await connect(ben)];
  await settled(anas);
  await settled(bens);
  const all = await anas.client.photos.allIDs({ view: { source: { kind: 'library' } } });
  const album = await anas.client.albums.create({ kind: 'manual', title: 'Crete', photoIDs: all.slice(0, count) });
  await settled(anas);
  console.log(`${count} photos with thumbnails on the server, load ${loadavg()[0]?.toFixed(1)}`);

  const began = performance.now();
  const { shareID, moved } = await anas.client.sharing.create({
    title: 'Crete',
    what: { albumID: album.id },
    people: [{ email: ben.email, preset: 'contributor' }],
  });
  if (moved !== count) throw new Error(`Only ${moved} of ${count} photos were shared`);
  line('share of the album created', performance.now() - began, 'under 5 s');
  const known = await until(async () => (await bens.client.sharing.invitations({}))[0]);
  line('  the other person sees the invitation after', performance.now() - began, '');

  const accepted = performance.now();
  const { id } = await bens.client.sharing.acceptInvitation({ shortGUID: known.shortGUID });
  await until(async () => ((await photosOf(bens, id)).length > 0 ? true : undefined));
  line('accepted: the first photos in the other library', performance.now() - accepted, '');
  await until(async () => ((await photosOf(bens, id)).length === count ? true : undefined));
  line('accepted: all photos in the other library', performance.now() - accepted, '');
  await until(async () => (thumbnails(ben) >= count ? true : undefined));
  line('accepted: all of their thumbnails on the other disk', performance.now() - accepted, 'under 10 s');

  const times: number[] = [];
  for (const photo of all.slice(count)) {
    const start = performance.now();
    await anas.client.sharing.addTo({ id: shareID, what: { photoIDs: [photo] } });
    const before = count + times.length;
    await until(async () => ((await photosOf(bens, id)).length > before ? true : undefined));
    times.push(performance.now() - start);
  }
  times.sort((one, other) => one - other);
  const percentile = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  line('an added photo in the other library, median', percentile(0.5), '');
  line('an added photo in the other library, 95 %', percentile(0.95), 'under 1 s');

  const detail = await anas.client.sharing.get({ id: shareID });
  const participant = detail.participants.find(({ isMe }) => !isMe);
  if (participant === undefined) throw new Error('The participant is not listed');
  await anas.client.sharing.remove({ id: shareID, participantID: participant.id });
  const removed = performance.now();
  await until(async () => ((await bens.client.sharing.list({})).some((share) => share.id === id) ? undefined : true));
  line('removed: gone from the other library', performance.now() - removed, 'their next request');
  await Promise.all([anas.dispose(), bens.dispose()]);
}

function line(what: string, ms: number, goal: string): void {
  console.log(`${what.padEnd(56)}${ms.toFixed(0).padStart(8)} ms  ${goal}`);
}

function connect(person: DemoPerson): Promise<CoreSession> {
  return openCoreSession({
    library: person.library,
    version: 'bench',
    env: { HOME: person.home },
    log: (text) => console.error(`${person.name}: ${text}`),
  });
}

function photosOf({ client }: CoreSession, id: ZoneID): Promise<readonly PhotoID[]> {
  return client.photos.allIDs({ view: { source: { kind: 'share', id } } });
}

/** Files of grid thumbnails in somebody's cache. */
function thumbnails(person: DemoPerson): number {
  const cache = join(person.library, 'cache', 'thumbs');
  if (!existsSync(cache)) return 0;
  return readdirSync(cache, { recursive: true }).filter((name) => String(name).endsWith('-512.webp')).length;
}

/** Asks every 20 ms until there is an answer. @throws Error after two minutes without one */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + 120_000; performance.now() < end; await delay(20)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
  }
  throw new Error('Nothing happened for two minutes');
}

/** Waits until everything is on the server, thumbnails included: they are offered a moment after the rows. */
async function settled({ client }: CoreSession): Promise<void> {
  for (let calm = 0; calm < 3; await delay(500)) {
    const status = await client.sync.now({});
    const rests = status.waitingChanges + status.uploads + status.downloads === 0 && status.phase === 'idle';
    calm = rests ? calm + 1 : 0;
  }
}
