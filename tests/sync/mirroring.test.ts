import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalDump } from '../simulation/invariants.ts';
import type { Client } from '../simulation/client.ts';
import { addPhoto, createFleet, edit, removePhoto, row, rows, type Fleet } from './fleet.ts';

let fleet: Fleet;
let a: Client;
let b: Client;

beforeEach(async () => {
  fleet = await createFleet();
  a = await fleet.device('ana');
  b = await fleet.device('ana');
});
afterEach(async () => {
  await fleet.dispose();
});

const pending = (client: Client) => rows(client, 'SELECT entity, row_id, kind, state, reason FROM sync_pending');

describe('two computers of one person', () => {
  test('a photo added on one appears on the other, with its time and place in the timeline', async () => {
    const id = addPhoto(a, { taken_at: '2024-05-06T07:08:09', title: 'hill', latitude: 35, altitude: 12.5 });
    await fleet.sync(a, b);
    expect(row(b, 'photo', id)).toMatchObject({ title: 'hill', latitude: 35, altitude: 12.5, created_by: null });
    expect(row(b, 'photo', id)?.['sort_at']).toBe(Date.parse('2024-05-06T07:08:09Z'));
    expect(row(b, 'resource', `${id}-original`)).toMatchObject({ local_state: 'remote' });
    expect(canonicalDump(b)).toBe(canonicalDump(a));
    expect(pending(a)).toEqual([]);
  });

  test('two fields of one photo edited at the same time are both kept', async () => {
    const id = addPhoto(a);
    await fleet.sync(a, b);
    edit(a, 'photo', id, { title: 'of a' });
    edit(b, 'photo', id, { caption: 'of b' });
    await fleet.sync(a, b, a);
    for (const client of [a, b]) expect(row(client, 'photo', id)).toMatchObject({ title: 'of a', caption: 'of b' });
  });

  test('one field edited on both ends with the later edit on both', async () => {
    const id = addPhoto(a);
    await fleet.sync(a, b);
    edit(a, 'photo', id, { caption: 'first' });
    fleet.time.advance(10);
    edit(b, 'photo', id, { caption: 'later' });
    await fleet.sync(b, a, b);
    for (const client of [a, b]) expect(row(client, 'photo', id)?.['caption']).toBe('later');
  });

  test('two edits of one photo become two versions, and both computers show the same one', async () => {
    const id = addPhoto(a);
    await fleet.sync(a, b);
    for (const client of [a, b]) {
      const version = `${client.name}-version`;
      client.store.transaction('app', ({ raw }) => {
        raw
          .prepare(
            `INSERT INTO edit (id, zone_id, photo_id, stack, format_version, created_at, modified_at) VALUES (?, 'library', ?, ?, 1, 1, 1)`,
          )
          .run(version, id, `["${client.name}"]`);
        raw.prepare('UPDATE photo SET current_edit_id = ? WHERE id = ?').run(version, id);
      });
    }
    await fleet.sync(a, b, a);
    expect(rows(a, 'SELECT id FROM edit ORDER BY id')).toEqual([
      { id: `${a.name}-version` },
      { id: `${b.name}-version` },
    ]);
    expect(row(a, 'photo', id)?.['current_edit_id']).toBe(row(b, 'photo', id)?.['current_edit_id']);
    expect(canonicalDump(b)).toBe(canonicalDump(a));
  });

  test('a photo deleted on one while commented on the other is gone on both, and the comment is kept where it is seen', async () => {
    const id = addPhoto(a);
    await fleet.sync(a, b);
    removePhoto(a, id);
    b.store.transaction('app', ({ raw }) => {
      raw
        .prepare(
          `INSERT INTO comment (id, zone_id, photo_id, text, created_at, modified_at) VALUES ('c1', 'library', ?, 'lovely', 1, 1)`,
        )
        .run(id);
    });
    await fleet.sync(a, b, a, b);
    for (const client of [a, b]) {
      expect(row(client, 'photo', id)).toBeUndefined();
      expect(rows(client, 'SELECT * FROM comment')).toEqual([]);
      expect(pending(client)).toEqual([]);
    }
    const [kept] = rows(b, 'SELECT entity, reason, "values" FROM sync_refused');
    expect(kept).toMatchObject({ entity: 'Comment', reason: 'deletedElsewhere' });
    expect(String(kept?.['values'])).toContain('lovely');
  });

  test('a version that waits for its parent is let go of for a newer one of its own zone, and for no other', async () => {
    const id = addPhoto(a, { title: 'hill' });
    await fleet.sync(a, b);
    for (const [zone, left] of [
      ['library', []],
      ['share.trip', [{ zone_id: 'share.trip' }]],
    ] as const) {
      b.store.transaction('sync', ({ raw }) => {
        raw
          .prepare(
            `INSERT INTO sync_orphan (entity, row_id, zone_id, parent_id, reason, record) VALUES ('Photo', ?, ?, 'p', 'parent', '{}')`,
          )
          .run(id, zone);
      });
      edit(a, 'photo', id, { title: `seen from ${zone}` });
      await fleet.sync(a, b);
      expect(row(b, 'photo', id)).toMatchObject({ title: `seen from ${zone}` });
      expect(rows(b, 'SELECT zone_id FROM sync_orphan')).toEqual(left);
    }
  });

  // Rows are offered 200 at a time: less, exactly so many (a photo and its original are two), and more.
  test.each([1, 100, 230])('%d photos taken in before there was an account are offered whole', async (count) => {
    const early = await fleet.device('ana');
    early.engine.stop();
    const ids = Array.from({ length: count }, () => addPhoto(early));
    // As if history had been trimmed meanwhile: only the rows are left.
    early.store.transaction('maintenance', ({ raw }) => {
      raw.exec(
        `DELETE FROM history_change; DELETE FROM sync_pending; DELETE FROM sync_record; DELETE FROM sync_state WHERE key = 'offered'`,
      );
    });
    early.crash();
    await early.engine.settled();
    await fleet.sync(a);
    expect(rows(a, 'SELECT id FROM photo ORDER BY id')).toEqual(ids.toSorted().map((id) => ({ id })));
    expect(rows(a, 'SELECT photo_id AS id FROM resource ORDER BY id')).toEqual(ids.toSorted().map((id) => ({ id })));
  });
});

describe('a server with trouble', () => {
  const refuse = (code: string, status: number, more: object = {}) =>
    Response.json({ serverErrorCode: code, reason: `because ${code}`, ...more }, { status });

  test.each([
    ['THROTTLED', 429, { retryAfter: 5 }, 'serverBusy'],
    ['TRY_AGAIN_LATER', 503, {}, 'serverBusy'],
    ['ZONE_BUSY', 503, {}, 'serverBusy'],
    ['INTERNAL_ERROR', 500, {}, 'serverBusy'],
    ['SOMETHING_NEW', 500, {}, 'serverBusy'],
  ])('%s keeps the change, says so, and goes on by itself when it is over', async (code, status, more, reason) => {
    const id = addPhoto(a);
    fleet.interfere(({ url }) => (url.includes('records/modify') ? refuse(code, status, more) : undefined));
    await fleet.sync(a);
    expect(a.engine.status).toMatchObject({ phase: 'waiting', reason, message: `because ${code}` });
    expect(pending(a)).toHaveLength(2);
    fleet.interfere(undefined);
    fleet.time.advance(6_000);
    await a.engine.settled();
    expect(a.engine.status.phase).toBe('idle');
    await fleet.sync(b);
    expect(row(b, 'photo', id)).toBeDefined();
  });

  test('a refused session pauses everything, keeps everything, and asks to sign in', async () => {
    addPhoto(a);
    fleet.interfere(({ url }) => (url.includes('records/modify') ? refuse('AUTHENTICATION_FAILED', 401) : undefined));
    await fleet.sync(a);
    expect(a.engine.status).toMatchObject({ phase: 'signIn', reason: 'signIn' });
    expect(pending(a)).toHaveLength(2);
    const before = fleet.requests.length;
    fleet.time.advance(3_600_000);
    await a.engine.settled();
    expect(fleet.requests).toHaveLength(before);
    fleet.interfere(undefined);
    a.engine.resume();
    await a.engine.settled();
    expect(pending(a)).toEqual([]);
  });

  test('a full account parks what needs room, shows why, and everything else goes on', async () => {
    const full = addPhoto(a);
    fleet.interfere(({ url, body }) => {
      if (!url.includes('records/modify')) return undefined;
      const { operations } = JSON.parse(body) as { operations: { record: { recordName: string } }[] };
      if (!operations.some(({ record }) => record.recordName === full)) return undefined;
      return Response.json({
        records: operations.map(({ record }) => ({
          recordName: record.recordName,
          serverErrorCode: 'QUOTA_EXCEEDED',
          reason: 'full',
        })),
      });
    });
    await fleet.sync(a);
    expect(pending(a)).toEqual([
      { entity: 'Photo', row_id: full, kind: 'save', state: 'waiting', reason: 'storageFull' },
      { entity: 'Resource', row_id: `${full}-original`, kind: 'save', state: 'waiting', reason: 'storageFull' },
    ]);
    const next = addPhoto(a);
    await fleet.sync(a, b);
    expect(row(b, 'photo', next)).toBeDefined();
    expect(row(b, 'photo', full)).toBeUndefined();
    fleet.interfere(undefined);
    fleet.time.advance(11 * 60_000);
    await a.engine.settled();
    await fleet.sync(b);
    expect(row(b, 'photo', full)).toBeDefined();
  });

  test('a batch over a limit is halved until it fits; one record that never fits stands alone', async () => {
    const ids = Array.from({ length: 5 }, () => addPhoto(a));
    const [tooBig] = ids;
    fleet.interfere(({ url, body }) => {
      if (
        !url.includes('records/modify') ||
        !body.includes(`"${tooBig ?? ''}"`) ||
        !body.includes('"recordType":"Photo"')
      )
        return undefined;
      const { operations } = JSON.parse(body) as { operations: { record: { recordName: string } }[] };
      return operations.some(({ record }) => record.recordName === tooBig)
        ? refuse('BAD_REQUEST', 400, { limit: 'requestBytes', maximum: 10 })
        : undefined;
    });
    await fleet.sync(a, b);
    expect(pending(a)).toMatchObject([{ entity: 'Photo', row_id: tooBig, reason: 'tooLarge' }]);
    for (const id of ids.slice(1)) expect(row(b, 'photo', id)).toBeDefined();
  });

  test('a reply that is lost after the commit neither doubles nor loses', async () => {
    const id = addPhoto(a, { title: 'once' });
    let cut = true;
    fleet.interfere(async ({ url, deliver }) => {
      const answer = await deliver();
      if (!url.includes('records/modify') || !cut) return answer;
      cut = false;
      expect(answer.status).toBe(200);
      throw new TypeError('socket hang up');
    });
    await fleet.sync(a);
    expect(a.engine.status).toMatchObject({ phase: 'waiting', reason: 'offline' });
    fleet.time.advance(3_000);
    await a.engine.settled();
    expect(pending(a)).toEqual([]);
    await fleet.sync(b);
    expect(row(b, 'photo', id)).toMatchObject({ title: 'once' });
  });
});
