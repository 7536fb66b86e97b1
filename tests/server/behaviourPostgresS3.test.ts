import { afterAll, beforeAll, describe } from 'vitest';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { startTestS3 } from '../helpers/testS3.ts';
import { startTestServer } from '../helpers/testServer.ts';
import { assetsBehaviour } from './assetsBehaviour.ts';
import { feedsBehaviour } from './feedsBehaviour.ts';
import { largeRecordsBehaviour } from './largeRecordsBehaviour.ts';
import { linksBehaviour } from './linksBehaviour.ts';
import { maintenanceBehaviour } from './maintenanceBehaviour.ts';
import { quotaBehaviour } from './quotaBehaviour.ts';
import { refusedSharesBehaviour } from './refusedSharesBehaviour.ts';
import { sharingBehaviour } from './sharingBehaviour.ts';
import { uploadsBehaviour } from './uploadsBehaviour.ts';

let postgres: TestPostgres;
let s3: Awaited<ReturnType<typeof startTestS3>>;
beforeAll(async () => {
  postgres = await startTestPostgres();
  s3 = await startTestS3();
});
afterAll(async () => {
  await s3?.stop();
  await postgres?.stop();
});

describe.each([
  ['sharing', sharingBehaviour],
  ['refused shares', refusedSharesBehaviour],
  ['links', linksBehaviour],
  ['assets', assetsBehaviour],
  ['quotas', quotaBehaviour],
  ['uploads', uploadsBehaviour],
  ['feeds', feedsBehaviour],
  ['large records', largeRecordsBehaviour],
  ['maintenance', maintenanceBehaviour],
] as const)('%s on PostgreSQL and S3', (_, behaviour) =>
  behaviour(async () => startTestServer({ databaseURL: await postgres.newDatabase(), s3: s3.settings })),
);
