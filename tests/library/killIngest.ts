// Kills ingest with SIGKILL many times: `npm run kill:ingest -- --seed 1 --kills 200`.
import '../../build/check-node.mjs';
import { parseArgs } from 'node:util';
import { runKillCampaign } from './killCampaign.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, kills: { type: 'string', default: '200' } },
});
const result = await runKillCampaign({
  seed: Number(values.seed),
  kills: Number(values.kills),
  log: (line) => console.log(line),
});
console.log(`${result.kills} kills in ${result.rounds} rounds, ${result.broken.length} broken`);
for (const [stage, count] of Object.entries(result.killedAt).sort((one, other) => other[1] - one[1])) {
  console.log(`  ${String(count).padStart(4)}  killed with photos at: ${stage}`);
}
for (const line of result.broken) console.log(line);
process.exitCode = result.broken.length === 0 ? 0 : 1;
