// Random work on two computers over a bad network: `npm run soak -- --minutes 30 --seed 1`.
import '../../../build/check-node.mjs';
import { parseArgs } from 'node:util';
import { soak, type Memory } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    pause: { type: 'string', default: '400' },
  },
});
const [minutes, seed, pause] = [Number(values.minutes), Number(values.seed), Number(values.pause)];
if (![minutes, seed, pause].every((number) => Number.isFinite(number) && number > 0)) {
  console.error('--minutes, --seed and --pause are numbers above 0.');
  process.exit(2);
}
const result = await soak({ minutes, seed, pause, log: (line) => console.log(line) });

for (const [index, done] of result.done.entries()) {
  const parts = Object.entries(done).toSorted((one, other) => other[1] - one[1]);
  console.log(`computer ${index}: ${parts.map(([name, count]) => `${name} ${count}`).join(', ')}`);
}
console.log(`network: ${JSON.stringify(result.proxy)}`);
console.log(`${result.photos} photos at the end; at rest ${result.settled} s after the network was good again`);

const sum = ({ a, b, server }: Memory): number => a + b + server;
const between = (from: number, to: number): number => {
  const part = result.memory.slice(Math.floor(result.memory.length * from), Math.ceil(result.memory.length * to));
  const sorted = part.map(sum).toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};
console.log('memory of A, B and the server with all they started, MB:');
const every = Math.max(1, Math.floor(result.memory.length / 30));
for (const [index, moment] of result.memory.entries()) {
  if (index % every === 0)
    console.log(`  ${String(moment.seconds).padStart(5)} s  ${moment.a}  ${moment.b}  ${moment.server}`);
}
// The first quarter warms up: code is compiled, caches fill.
const [early, late] = [between(0.25, 0.5), between(0.75, 1)];
console.log(`median of the second quarter ${early} MB, of the last ${late} MB`);
const broken = [...result.broken];
if (late > early * 1.25 + 40) broken.push(`memory grows: ${early} MB to ${late} MB`);
for (const line of broken) console.log(`BROKEN ${line}`);
console.log(`${broken.length} violations`);
process.exitCode = broken.length === 0 ? 0 : 1;
