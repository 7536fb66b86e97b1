import { afterAll, describe } from 'vitest';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { startTestServer } from '../helpers/testServer.ts';
import { rightsMatrix } from './rightsMatrix.ts';

let postgres: TestPostgres | undefined;
afterAll(() => postgres?.stop());

describe('rights on PostgreSQL', () =>
  rightsMatrix(async () => {
    postgres = await startTestPostgres();
    return startTestServer({ databaseURL: await postgres.newDatabase() });
  }));
