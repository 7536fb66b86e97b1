import { parseArgs } from 'node:util';
import { openTestLibrary } from '../../helpers/testLibrary.ts';
import { fuzzFrames } from './frameFuzz.ts';

// `npm run fuzz:frames -- --frames 2000000 --seed 1`: hostile frames on the window's port. An exception out of the process
// ends the run with a stack; that is the point.
const { values } = parseArgs({
  options: { frames: { type: 'string', default: '2000000' }, seed: { type: 'string', default: '1' } },
});
const library = await openTestLibrary();
const started = performance.now();
const result = await fuzzFrames(library, Number(values.seed), Number(values.frames));
console.log(`${JSON.stringify(result)} in ${((performance.now() - started) / 1000).toFixed(1)} s, seed ${values.seed}`);
await library.dispose();
