import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { killLoop } from './campaigns/killLoop.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

test.each(['sqlite', 'postgres'] as const)(
  'a server killed while it is written to keeps every acknowledged record and asset (%s)',
  { timeout: 240_000 },
  async (database) => {
    const report = await killLoop({
      kills: 3,
      seed: 4,
      databaseURL: database === 'postgres' ? await postgres.newDatabase() : undefined,
    });
    expect(report.losses).toEqual([]);
    expect(report.acknowledgedRecords).toBeGreaterThan(20);
    expect(report.acknowledgedAssets).toBeGreaterThan(0);
  },
);
