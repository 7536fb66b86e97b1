import '../../build/check-node.mjs';
import { parseArgs } from 'node:util';
import { createSharingWorld } from '../helpers/sharingWorld.ts';
import { attack, hostileRoles, setStage } from './hostileClient.ts';

// The long form of hostileClient.test.ts: `node tests/sharing/hostileCampaign.ts --requests 10000 --seed 7`.
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const requests = Number(values.requests);
const seed = Number(values.seed);
console.log(`seed ${seed}: ${requests} requests as each role`);
let faults = 0;
for (const role of hostileRoles) {
  const world = await createSharingWorld();
  const stage = await setStage(world, await world.person('Ana'), role);
  const started = Date.now();
  const outcome = await attack(stage, requests, seed);
  faults += outcome.faults.length;
  console.log(
    `${role.name.padEnd(12)} ${outcome.requests} requests, ${outcome.accepted} let through, ${outcome.refused} refused, ` +
      `${outcome.faults.length} faults, ${((Date.now() - started) / 1_000).toFixed(0)} s`,
  );
  for (const fault of outcome.faults.slice(0, 20)) console.log(`  ${fault}`);
  await world.dispose();
}
process.exitCode = faults === 0 ? 0 : 1;
