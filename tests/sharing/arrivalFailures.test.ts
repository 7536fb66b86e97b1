import { afterEach, beforeEach, expect, test } from 'vitest';
import { createArrivals, type Arrivals } from '../../electron/core/sharing/arrivals.ts';
import { createPermissions } from '../../electron/core/sharing/permissions.ts';
import { createShareQueries } from '../../electron/core/sharing/shareQueries.ts';
import { AppError, type AppErrorCode } from '../../shared/errors.ts';
import { openSharingStore, type SharingStore } from '../helpers/sharingStore.ts';

/* An import that was meant for a share, when sending it on fails. */

let fixture: SharingStore;
let arrivals: Arrivals;
/** What sending on throws; nothing lets it through. */
let failure: Error | undefined;
/** What sending on waits for. */
let slow: Promise<void> | undefined;
let sent: string[];
let told: string[];
let reported: unknown[];

beforeEach(async () => {
  fixture = openSharingStore();
  failure = undefined;
  slow = undefined;
  sent = [];
  told = [];
  reported = [];
  arrivals = createArrivals(
    {
      store: fixture.store,
      addToAlbum: async () => undefined,
      notify: ({ body }) => void told.push(body),
      reportError: (error) => void reported.push(error),
    },
    {
      permissions: createPermissions(fixture.store.connection),
      queries: createShareQueries(fixture.store),
      addTo: async (shareID) => {
        await slow;
        if (failure !== undefined) throw failure;
        sent.push(shareID);
      },
    },
  );
  fixture.zone('trip');
  const photoID = fixture.photo();
  begin('session', photoID);
  await arrivals.expect('session', 'trip', null);
  await arrivals.settle();
  end('session');
});
afterEach(() => fixture.dispose());

/** An import that runs and has found one photo. */
function begin(session: string, photoID: string): void {
  fixture.store.transaction('ingest', ({ raw }) => {
    raw
      .prepare(
        `INSERT INTO import_session (id, kind, mode, state, source, roots, started_at)
         VALUES (?, 'import', 'copy', 'running', 'import', '[]', 1)`,
      )
      .run(session);
    raw
      .prepare(
        `INSERT INTO import_item (session_id, path, role, change, outcome, byte_size, modified_ns, photo_id)
         VALUES (?, '/a.jpg', 'main', 'new', 'imported', 1, '1', ?)`,
      )
      .run(session, photoID);
  });
}

function end(session: string): void {
  fixture.store.connection.raw.prepare(`UPDATE import_session SET state = 'done' WHERE id = ?`).run(session);
}

const passing: readonly AppErrorCode[] = [
  'offline',
  'notAuthenticated',
  'timedOut',
  'serviceUnavailable',
  'requestRateLimited',
  'zoneBusy',
  'quotaExceeded',
  'diskFull',
];

test.each(passing)(
  'an import meant for a share waits while the answer is %s, and goes there afterwards',
  async (code) => {
    failure = new AppError(code, 'Not now.');
    await arrivals.settle();
    expect([sent, told, reported]).toEqual([[], [], []]);
    failure = undefined;
    await arrivals.settle();
    await arrivals.settle();
    expect(sent).toEqual(['trip']);
  },
);

const lasting: readonly AppErrorCode[] = ['notFound', 'permissionFailure', 'conflict', 'invalidInput'];

test.each(lasting)(
  'an import meant for a share stays in the library after %s, and the person hears why',
  async (code) => {
    failure = new AppError(code, 'That share is not what it was.');
    await arrivals.settle();
    failure = undefined;
    await arrivals.settle();
    expect(sent).toEqual([]);
    expect(told).toEqual(['That share is not what it was.']);
  },
);

test('a fault of the program while an import is sent on is reported, and the import is not forgotten', async () => {
  failure = new TypeError('a mistake of ours');
  await arrivals.settle();
  expect(reported).toEqual([failure]);
  failure = undefined;
  await arrivals.settle();
  expect(sent).toEqual(['trip']);
});

test('an import that ends while another is being sent on goes to its share as well', async () => {
  const later = fixture.photo();
  begin('later', later);
  fixture.zone('garden');
  await arrivals.expect('later', 'garden', null);
  await arrivals.settle();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  slow = promise.then(() => undefined);
  begin('longer', fixture.photo());
  await arrivals.expect('longer', 'trip', null);
  end('longer');
  const sending = arrivals.settle();
  end('later');
  const asked = arrivals.settle();
  resolve(undefined);
  await Promise.all([sending, asked]);
  expect(sent.toSorted()).toEqual(['garden', 'trip', 'trip']);
});

test('a damaged list of expected imports is reported once, and the next import goes to its share', async () => {
  fixture.store.setMeta('arrivals', '[{"sessionID":');
  await arrivals.settle();
  await arrivals.settle();
  expect(reported).toEqual([expect.objectContaining({ code: 'internal' })]);
  expect(told).toHaveLength(1);
  expect(sent).toEqual([]);
  await arrivals.expect('session', 'trip', null);
  await arrivals.settle();
  expect(sent).toEqual(['trip']);
});

test('a list of expected imports that cannot be read from the disk is reported, and nothing is thrown', async () => {
  fixture.store.connection.raw.exec('ALTER TABLE meta RENAME TO meta_away');
  await expect(arrivals.settle()).resolves.toBeUndefined();
  expect(reported).toHaveLength(1);
  fixture.store.connection.raw.exec('ALTER TABLE meta_away RENAME TO meta');
  await arrivals.settle();
  expect(sent).toEqual(['trip']);
});
