import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openOrganiser } from '../helpers/organiser.ts';
import { terminalOn } from '../helpers/terminal.ts';

test('history goes on behind a page that ends early, since the next transaction would not have fitted', async () => {
  const home = mkdtempSync(join(tmpdir(), 'shoebox-cli-history-'));
  const made = openOrganiser({ directory: join(home, 'library'), ids: 0 });
  const sizes = [700, 400, 700, 50, 900, 1_200];
  for (const size of sizes) made.photos(...Array.from({ length: size }, () => ({})));
  await made.core.dispose();
  made.store.dispose();

  const { code, records } = await terminalOn(home, join(home, 'library'))('history');
  expect(code).toBe(0);
  const added = Map.groupBy(
    records.filter(({ entity, author }) => entity === 'Photo' && author === 'ingest'),
    ({ token }) => token,
  );
  expect([...added.values()].map((rows) => rows.length)).toEqual(sizes);
  rmSync(home, { recursive: true, force: true });
});
