import { parseArgs } from 'node:util';
import { startTestPostgres } from '../../helpers/embeddedPostgres.ts';
import { startTestServer } from '../../helpers/testServer.ts';
import { fuzz } from './fuzz.ts';

/** `npm run fuzz:server -- [--requests 100000] [--seed N] [--database sqlite|postgres]` */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    database: { type: 'string', default: 'sqlite' },
  },
});
const postgres = values.database === 'postgres' ? await startTestPostgres() : undefined;
const server = await startTestServer(postgres === undefined ? {} : { databaseURL: await postgres.newDatabase() });
const began = performance.now();
const report = await fuzz(server, Number(values.seed), Number(values.requests));
await server.stop();
await postgres?.stop();
console.log(
  `${report.requests} requests on ${values.database}, seed ${values.seed}, ${((performance.now() - began) / 1000).toFixed(0)} s`,
);
console.log(report.byStatus);
for (const fault of report.faults.slice(0, 20)) console.log(fault);
console.log(`${report.faults.length} faults`);
process.exitCode = report.faults.length === 0 ? 0 : 1;
