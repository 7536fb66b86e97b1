import { afterAll, describe } from 'vitest';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { startTestS3 } from '../helpers/testS3.ts';
import { startTestServer } from '../helpers/testServer.ts';
import { containerBehaviour } from './behaviour.ts';

let postgres: TestPostgres | undefined;
let s3: Awaited<ReturnType<typeof startTestS3>> | undefined;
// Registered before the suite's own hooks, so that it runs after them: the server stops first.
afterAll(async () => {
  await s3?.stop();
  await postgres?.stop();
});

describe('on PostgreSQL and S3', () =>
  containerBehaviour(async () => {
    postgres = await startTestPostgres();
    s3 = await startTestS3();
    return startTestServer({ databaseURL: await postgres.newDatabase(), s3: s3.settings });
  }));
