import * as fc from 'fast-check';

/*
 * Properties try the same values at every run, so that a run that failed can be repeated and one that passed means the same
 * tomorrow. `SHOEBOX_SEED` (a whole number) tries others; what fails then becomes an example of its own in the test.
 */
const seed = Number(process.env['SHOEBOX_SEED'] ?? 1);
if (!Number.isSafeInteger(seed)) throw new Error('SHOEBOX_SEED is a whole number.');
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });

export { fc };
