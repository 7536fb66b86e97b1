import { parseArgs } from 'node:util';
import { startTestPostgres } from '../../helpers/embeddedPostgres.ts';
import { killLoop } from './killLoop.ts';

/** `npm run kill:server -- [--kills 1000] [--seed N] [--database sqlite|postgres]` */
const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    database: { type: 'string', default: 'sqlite' },
  },
});
const postgres = values.database === 'postgres' ? await startTestPostgres() : undefined;
const report = await killLoop({
  kills: Number(values.kills),
  seed: Number(values.seed),
  databaseURL: await postgres?.newDatabase(),
  progress: (kills) => (kills % 10 === 0 ? console.log(`${kills} kills`) : undefined),
});
await postgres?.stop();
console.log(
  `${report.kills} kills on ${values.database}, seed ${values.seed}: ${report.acknowledgedRecords} acknowledged records and ${report.acknowledgedAssets} assets looked up`,
);
for (const loss of report.losses.slice(0, 20)) console.log(loss);
console.log(`${report.losses.length} losses`);
process.exitCode = report.losses.length === 0 ? 0 : 1;
