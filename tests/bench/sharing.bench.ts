import { performance } from 'node:perf_hooks';
import { createSharingWorld } from '../helpers/sharingWorld.ts';

// How long sharing an album takes, and how soon the other person has it: rows only, real store, engine and server in one
// thread. `node tests/bench/sharing.bench.ts --photos 2000`.
const photos = Number(process.argv[process.argv.indexOf('--photos') + 1]) || 2_000;
const world = await createSharingWorld();
const ana = await world.person('Ana');
const ben = await world.person('Ben');
const ids = Array.from({ length: photos }, (_, index) =>
  ana.photo(`photo ${index}`, { tags: index % 3 === 0 ? ['Beach'] : [] }),
);
const album = ana.album('Crete', ids);
await ana.sync();

let start = performance.now();
const lap = (what: string): void => {
  console.log(`${what.padEnd(62)} ${(performance.now() - start).toFixed(0).padStart(6)} ms`);
  start = performance.now();
};
start = performance.now();
const { shareID, moved } = await ana.sharing.shares.create({
  title: 'Crete',
  what: { photoIDs: [], albumID: album },
  people: [{ email: ben.email, preset: 'contributor' }],
  publicPreset: null,
  departureRule: 'STAY',
});
lap(`sharing an album of ${moved} photos, until it is done for the owner`);
await ana.engine.settled();
lap('until the server has all of it');
await ben.sync();
start = performance.now();
await ben.sharing.invitations.acceptInvitation(ben.sharing.invitations.list()[0]?.shortGUID ?? '');
ben.engine.kick({ import: true });
await ben.engine.settled();
lap(`accepting it, until all ${ben.titles(`_ana:${shareID}`).length} photos are in the other library`);

const times: number[] = [];
for (let index = 0; index < 40; index += 1) {
  const photo = ana.photo(`one more ${index}`);
  const begun = performance.now();
  await ana.sharing.shares.addTo(shareID, { photoIDs: [photo], albumID: null });
  await ana.engine.settled();
  ben.engine.kick({ import: true });
  await ben.engine.settled();
  if (!ben.titles(`_ana:${shareID}`).includes(`one more ${index}`)) throw new Error('an added photo did not arrive');
  times.push(performance.now() - begun);
}
times.sort((a, b) => a - b);
console.log(
  `an added photo in the other library: median ${times[20]?.toFixed(0)} ms, 95 % ${times[37]?.toFixed(0)} ms`,
);
await world.dispose();
