import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { serverErrorCodes } from '../../shared/cloud/serverErrors.ts';
import * as changes from '../../shared/cloud/wireChanges.ts';
import * as records from '../../shared/cloud/wireRecords.ts';
import * as services from '../../shared/cloud/wireServices.ts';
import * as shares from '../../shared/cloud/wireShares.ts';
import { wireVersion } from '../../shared/cloud/wireVersion.ts';

/** Every schema and constant of the wire, as text that changes exactly when a peer could notice. */
function wireText(): string {
  const parts: string[] = [serverErrorCodes.join(' ')];
  for (const [file, exported] of Object.entries({ changes, records, services, shares })) {
    for (const [name, value] of Object.entries(exported).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (value instanceof z.ZodType)
        parts.push(`${file}.${name} ${JSON.stringify(z.toJSONSchema(value, { io: 'input', unrepresentable: 'any' }))}`);
      else if (typeof value !== 'function') parts.push(`${file}.${name} ${JSON.stringify(value)}`);
    }
  }
  return parts.join('\n');
}

test('the wire changes only together with its version', async () => {
  const recorded = JSON.parse(await readFile('tests/server/wireContract.json', 'utf8')) as {
    version: number;
    fingerprint: string;
  };
  const fingerprint = createHash('sha256').update(wireText()).digest('hex');
  expect(
    { version: wireVersion, fingerprint },
    'raise wireVersion and record the new fingerprint, if peers can live with it',
  ).toEqual(recorded);
});
