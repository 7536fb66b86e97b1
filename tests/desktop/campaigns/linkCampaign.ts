import { parseArgs } from 'node:util';
import { fuzzLinks } from './linkFuzz.ts';

// `npm run fuzz:links -- --cases 1000000 --seed 1`: the same fuzzer as in the tests, for as long as wanted.
const { values } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const started = performance.now();
const result = await fuzzLinks(Number(values.seed), Number(values.cases));
console.log(`${JSON.stringify(result)} in ${((performance.now() - started) / 1000).toFixed(1)} s, seed ${values.seed}`);
