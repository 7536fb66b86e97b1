// Measures bulk organising beside the raw limit: `npm run bench:organise -- [--rows 100000] [--photos 10000]`.
import '../../build/check-node.mjs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import BetterSqlite3 from 'better-sqlite3';
import { createMeasure } from './measure.ts';
import { makeSyntheticLibrary } from './syntheticLibrary.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, photos: { type: 'string', default: '10000' } },
});
const measure = createMeasure();

for (const rows of values.rows.split(',').map(Number)) {
  const library = await makeSyntheticLibrary(rows, console.log);
  const { core, store } = library;
  const chosen = library.ids.slice(0, Number(values.photos));
  const count = chosen.length.toLocaleString('en-GB');

  measure.heading(`${rows.toLocaleString('en-GB')} photos: raw limit`);
  const bare = new BetterSqlite3(join(library.directory, 'bare.sqlite'));
  bare.pragma('journal_mode = WAL');
  bare.pragma('synchronous = NORMAL');
  bare.exec(`CREATE TABLE pair (id TEXT PRIMARY KEY, zone TEXT, photo TEXT, tag TEXT, at INTEGER);
    CREATE INDEX one ON pair(photo, tag); CREATE INDEX two ON pair(tag, photo)`);
  const insert = bare.prepare('INSERT INTO pair VALUES (?, ?, ?, ?, ?)');
  await measure.run(
    `${count} pairs into a bare table, 200 per transaction`,
    () => {
      for (let start = 0; start < chosen.length; start += 200) {
        bare.exec('BEGIN IMMEDIATE');
        for (const id of chosen.slice(start, start + 200)) insert.run(`${id}-pair`, 'library', id, 'tag', 1);
        bare.exec('COMMIT');
      }
    },
    { prepare: () => bare.exec('DELETE FROM pair') },
  );
  bare.close();

  const steps: readonly (readonly [name: string, work: () => Promise<unknown>, target?: number])[] = [
    [`tag ${count} photos`, () => core.tags.apply(chosen, ['Bench'], []), 1_000],
    [`favourite ${count}`, () => core.personal.setFavourite(chosen, true)],
    [`rate ${count}`, () => core.personal.setRating(chosen, 3)],
    [`caption ${count}`, () => core.facts.setText(chosen, { caption: 'words' })],
    [`shift the time of ${count}`, () => core.facts.setDate(chosen, { mode: 'shift', seconds: 3_600 })],
    [`trash ${count}`, () => core.trash.trash(chosen)],
    [
      `make an album of ${count}`,
      () => core.albums.create({ kind: 'manual', title: 'Bench', parentID: null, photoIDs: chosen }),
    ],
  ];
  for (const [name, work, target] of steps) {
    measure.heading(name);
    const ready = async () => {
      await core.searchIndex.idle();
      await core.smartCounts.idle();
    };
    const undone = async () => {
      const { step, skipped } = await core.undo.undo();
      if (step === null || skipped > 0) throw new Error('The step was not undone: these figures mean nothing.');
      await ready();
    };
    let done = false;
    await measure.run('done', async () => void (await work(), (done = true)), {
      ...(target === undefined ? {} : { target }),
      prepare: async () => {
        if (done) await undone();
        else await ready();
      },
    });
    await measure.run('undone', () => core.undo.undo(), {
      ...(target === undefined ? {} : { target }),
      prepare: async () => {
        await core.undo.redo();
        await ready();
      },
    });
    await measure.run('redone', () => core.undo.redo(), {
      prepare: async () => {
        await ready();
        if (core.undo.list(1)[0]?.state === 'done') await undone();
      },
    });
    await undone();
  }
  measure.heading('The index afterwards');
  await core.tags.apply(chosen, ['Bench'], []);
  await measure.run(`${count} documents written anew, in the background`, () => core.searchIndex.idle(), { runs: 1 });
  const tagged = store.connection
    .statement<[], { n: number }>(`SELECT max(photo_count) AS n FROM tag WHERE name = 'Bench'`)
    .get();
  if (tagged?.n !== chosen.length) throw new Error('Not every photo was tagged: these figures mean nothing.');
  await library.dispose();
}
measure.finish();
