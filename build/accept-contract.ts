import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contract } from '../shared/contract/contract.ts';
import { contractHash, contractVersion } from '../shared/contract/version.ts';
import { contractHashOf } from './contractHash.ts';

// Raises the contract's version when the contract changed since it was last accepted; says so when it did not.
const file = join(import.meta.dirname, '..', 'shared', 'contract', 'version.ts');
const hash = contractHashOf(contract);
if (hash === contractHash) {
  console.log(`The contract is still version ${contractVersion}.`);
} else {
  const version = contractHash === '' ? contractVersion : contractVersion + 1;
  const text = readFileSync(file, 'utf8')
    .replace(/contractVersion: number = \d+;/u, `contractVersion: number = ${version};`)
    .replace(/contractHash: string = '[^']*';/u, `contractHash: string = '${hash}';`);
  writeFileSync(file, text);
  console.log(`The contract is now version ${version}.`);
}
