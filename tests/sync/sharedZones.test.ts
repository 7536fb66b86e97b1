import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { photoTagID } from '../../electron/core/store/derivedId.ts';
import type { Client } from '../simulation/client.ts';
import { canonicalDump } from '../simulation/invariants.ts';
import { addPhoto, createFleet, edit, removePhoto, row, rows, type Fleet } from './fleet.ts';

let fleet: Fleet;
let ana: Client;
let ben: Client;
const shareName = 'share.trip';

beforeEach(async () => {
  fleet = await createFleet();
  ana = await fleet.device('ana');
  ben = await fleet.device('ben');
});
afterEach(() => fleet.dispose());

/** Ana shares a zone with Ben, who accepts. */
async function share(rights: readonly string[]): Promise<void> {
  await ana.cloud.modifyZones('create', [{ zoneName: shareName }]);
  await saveShare(rights);
  ana.store.connection.raw
    .prepare(`INSERT INTO zone (id, store, name, kind, created_at) VALUES (?, 'private', ?, 'share', 1)`)
    .run(shareName, shareName);
  const [record] = await ana.cloud.lookupRecords('private', { zoneName: shareName }, ['cloudkit.zoneshare']);
  await ben.cloud.extension('records/accept', { shortGUIDs: [{ value: record?.['shortGUID'] }] });
}

async function saveShare(rights: readonly string[] | null): Promise<void> {
  const [known] = await ana.cloud.lookupRecords('private', { zoneName: shareName }, ['cloudkit.zoneshare']);
  const exists = known?.serverErrorCode === undefined;
  const participants =
    rights === null
      ? []
      : [
          {
            type: 'USER',
            permission: rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE',
            rights,
            acceptanceStatus: exists ? 'ACCEPTED' : 'INVITED',
            userIdentity: { userRecordName: '_ben', lookupInfo: { userRecordName: '_ben' } },
          },
        ];
  const [saved] = await ana.cloud.modifyRecords('private', { zoneName: shareName }, [
    {
      operationType: exists ? 'update' : 'create',
      record: {
        recordName: 'cloudkit.zoneshare',
        recordType: 'cloudkit.share',
        ...(exists ? { recordChangeTag: known?.recordChangeTag ?? '' } : { createShortGUID: true }),
        publicPermission: 'NONE',
        fields: {},
        participants,
      },
    },
  ]);
  expect(saved?.serverErrorCode).toBeUndefined();
}

const shared = (client: Client) =>
  rows(client, `SELECT id, store, rights, state FROM zone WHERE name = '${shareName}'`);

describe('a zone somebody shares', () => {
  test('appears with the rights given, and what is in it looks the same to both', async () => {
    await share(['ADD']);
    const id = addPhoto(ana, { zone_id: shareName, title: 'hill' });
    await fleet.sync(ana, ben);
    expect(shared(ben)).toMatchObject([{ id: `_ana:${shareName}`, store: 'shared', rights: 1, state: 'active' }]);
    expect(row(ben, 'photo', id)).toMatchObject({ title: 'hill', created_by: '_ana' });
    const mine = addPhoto(ben, { zone_id: `_ana:${shareName}` });
    await fleet.sync(ben, ana);
    expect(row(ana, 'photo', mine)).toMatchObject({ created_by: '_ben', zone_id: shareName });
    const inShare = (zone: { name: string }) => zone.name === shareName;
    expect(canonicalDump(ben, inShare)).toBe(canonicalDump(ana, inShare));
  });

  test('an edit that is no longer allowed is taken back and kept where it is seen', async () => {
    await share(['ADD', 'EDIT']);
    const id = addPhoto(ana, { zone_id: shareName, title: 'hill' });
    await fleet.sync(ana, ben);
    edit(ben, 'photo', id, { title: 'of ben' });
    await saveShare([]);
    await fleet.sync(ben, ana);
    expect(row(ben, 'photo', id)?.['title']).toBe('hill');
    expect(row(ana, 'photo', id)?.['title']).toBe('hill');
    expect(rows(ben, 'SELECT reason, kind FROM sync_refused')).toEqual([{ reason: 'notAccepted', kind: 'save' }]);
    expect(String(rows(ben, 'SELECT "values" FROM sync_refused')[0]?.['values'])).toContain('of ben');
    expect(rows(ben, 'SELECT * FROM sync_pending')).toEqual([]);
  });

  test('a share that ended takes its rows away, and an unsent edit is kept aside', async () => {
    await share(['ADD', 'EDIT']);
    const id = addPhoto(ana, { zone_id: shareName });
    await fleet.sync(ana, ben);
    edit(ben, 'photo', id, { title: 'too late' });
    await saveShare(null);
    await fleet.sync(ben);
    expect(shared(ben)).toEqual([]);
    expect(row(ben, 'photo', id)).toBeUndefined();
    expect(String(rows(ben, 'SELECT "values" FROM sync_refused')[0]?.['values'])).toContain('too late');
    expect(row(ana, 'photo', id)).toBeDefined();
  });
});

describe('a photo moved between zones', () => {
  test('is never missing and never double on another computer, whatever it hears first', async () => {
    const second = await fleet.device('ana');
    await ana.cloud.modifyZones('create', [{ zoneName: shareName }]);
    ana.store.connection.raw
      .prepare(`INSERT INTO zone (id, store, name, kind, created_at) VALUES (?, 'private', ?, 'share', 1)`)
      .run(shareName, shareName);
    const id = addPhoto(ana, { title: 'moving' });
    await fleet.sync(ana, second);
    const seen: number[] = [];
    second.store.didChange.subscribe(() => {
      seen.push(rows(second, `SELECT id FROM photo WHERE id = '${id}'`).length);
    });
    ana.store.transaction('app', ({ raw }) => {
      raw.prepare('UPDATE photo SET zone_id = ? WHERE id = ?').run(shareName, id);
      raw.prepare('UPDATE resource SET zone_id = ? WHERE photo_id = ?').run(shareName, id);
    });
    edit(second, 'photo', id, { caption: 'written in the old place' });
    await fleet.sync(ana, second, ana, second);
    for (const client of [ana, second]) {
      expect(row(client, 'photo', id)).toMatchObject({ zone_id: shareName, caption: 'written in the old place' });
      expect(row(client, 'resource', `${id}-original`)).toMatchObject({ zone_id: shareName });
    }
    expect(new Set(seen)).toEqual(new Set([1]));
    const left = await ana.cloud.lookupRecords('private', { zoneName: 'library' }, [id]);
    expect(left[0]?.serverErrorCode).toBe('NOT_FOUND');
  });
});

describe('a share of mine that another computer of mine ends', () => {
  let second: Client;
  let id: string;
  const all = (client: Client, table: string) =>
    rows(client, `SELECT id, zone_id FROM ${table} WHERE photo_id = '${id}' ORDER BY id`);
  const insert = (client: Client, table: string, values: Record<string, string | number | null>) => {
    const row = { created_at: client.now(), modified_at: client.now(), ...values };
    client.store.transaction('app', ({ raw }) => {
      const names = Object.keys(row);
      raw
        .prepare(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
        .run(...Object.values(row));
    });
  };
  const move = (client: Client, zone: string) =>
    client.store.transaction('app', ({ raw }) => {
      raw.prepare('UPDATE photo SET zone_id = ? WHERE id = ?').run(zone, id);
      for (const table of ['resource', 'comment', 'rating', 'photo_tag']) {
        raw.prepare(`UPDATE ${table} SET zone_id = ? WHERE photo_id = ?`).run(zone, id);
      }
    });
  const end = async () => {
    await second.cloud.modifyZones('delete', [{ zoneName: shareName }]);
    fleet.time.advance(60_000);
    await fleet.sync(ana, second, ana, second, ana);
    expect(canonicalDump(ana)).toBe(canonicalDump(second));
    for (const client of [ana, second]) {
      expect(rows(client, `SELECT id FROM zone WHERE id = '${shareName}'`)).toEqual([]);
      expect(rows(client, 'SELECT * FROM sync_pending')).toEqual([]);
      expect(rows(client, 'SELECT * FROM sync_refused')).toEqual([]);
    }
  };

  beforeEach(async () => {
    second = await fleet.device('ana');
    await ana.cloud.modifyZones('create', [{ zoneName: shareName }]);
    for (const client of [ana, second]) {
      client.store.connection.raw
        .prepare(`INSERT INTO zone (id, store, name, kind, created_at) VALUES (?, 'private', ?, 'share', 1)`)
        .run(shareName, shareName);
    }
  });

  describe('with a photo moved into it whose old place is not emptied yet', () => {
    beforeEach(async () => {
      id = addPhoto(ana, { title: 'moving' });
      await fleet.sync(ana, second);
      move(ana, shareName);
      fleet.interfere(({ url, body }) => {
        if (url.includes('records/modify') && body.includes('"delete"')) throw new TypeError('fetch failed');
        return undefined;
      });
      await fleet.sync(ana);
      fleet.interfere(undefined);
      expect(rows(ana, 'SELECT DISTINCT zone_id, kind FROM sync_pending')).toEqual([
        { zone_id: 'library', kind: 'delete' },
      ]);
      await fleet.sync(second);
      expect(row(second, 'photo', id)).toMatchObject({ zone_id: shareName });
    });

    test('it stays where the other computer has brought it', async () => {
      move(second, 'library');
      await fleet.sync(second);
      await end();
      expect(row(ana, 'photo', id)).toMatchObject({ zone_id: 'library', title: 'moving' });
      expect(all(ana, 'resource')).toEqual([{ id: `${id}-original`, zone_id: 'library' }]);
    });

    test('it stays deleted when the other computer has deleted it in the share', async () => {
      removePhoto(second, id);
      await fleet.sync(second);
      await end();
      expect(row(ana, 'photo', id)).toBeUndefined();
      const [left] = await ana.cloud.lookupRecords('private', { zoneName: 'library' }, [id]);
      expect(left?.serverErrorCode).toBe('NOT_FOUND');
    });
  });

  test('a photo in it with a comment that was not sent comes home whole', async () => {
    id = addPhoto(second, { zone_id: shareName, title: 'left behind' });
    const tag = { id: 'beach', zone_id: shareName, name: 'Beach', name_key: 'beach' };
    insert(second, 'tag', tag);
    insert(second, 'photo_tag', { id: photoTagID(id, tag.id), zone_id: shareName, photo_id: id, tag_id: tag.id });
    insert(second, 'resource', {
      id: 'sidecar',
      zone_id: shareName,
      photo_id: id,
      kind: 'sidecar',
      file_name: 'a.xmp',
    });
    insert(second, 'rating', { id: 'stars', zone_id: shareName, photo_id: id, value: 4 });
    insert(second, 'comment', { id: 'c1', zone_id: shareName, photo_id: id, text: 'sent' });
    await fleet.sync(second, ana);
    insert(ana, 'comment', { id: 'c2', zone_id: shareName, photo_id: id, text: 'not sent' });
    await end();
    const home = (...ids: string[]) => ids.map((one) => ({ id: one, zone_id: 'library' }));
    expect(row(ana, 'photo', id)).toMatchObject({ zone_id: 'library', title: 'left behind' });
    expect(all(ana, 'resource')).toEqual(home(`${id}-original`, 'sidecar'));
    expect(all(ana, 'rating')).toEqual(home('stars'));
    expect(all(ana, 'comment')).toEqual(home('c1', 'c2'));
    expect(all(ana, 'photo_tag')).toHaveLength(1);
    expect(rows(ana, 'SELECT name, zone_id FROM tag')).toEqual([{ name: 'Beach', zone_id: 'library' }]);
  });

  test('a photo taken home that a third computer still has in it is not cleared away by that one', async () => {
    const third = await fleet.device('ana');
    id = addPhoto(second, { zone_id: shareName, title: 'left behind' });
    await fleet.sync(second, ana, third);
    insert(ana, 'comment', { id: 'c', zone_id: shareName, photo_id: id, text: 'not sent' });
    await second.cloud.modifyZones('delete', [{ zoneName: shareName }]);
    await fleet.sync(ana);
    expect(row(third, 'photo', id)).toMatchObject({ zone_id: shareName });
    await fleet.sync(third, ana, second, third);
    for (const client of [ana, second, third]) {
      expect(row(client, 'photo', id)).toMatchObject({ zone_id: 'library', title: 'left behind' });
      expect(row(client, 'resource', `${id}-original`)).toMatchObject({ zone_id: 'library' });
    }
  });
});

describe('what another version wrote', () => {
  test('fields and types this version does not know survive its edits', async () => {
    const second = await fleet.device('ana');
    const id = addPhoto(ana, { title: 'old' });
    await fleet.sync(ana);
    const [record] = await ana.cloud.lookupRecords('private', { zoneName: 'library' }, [id]);
    await ana.cloud.modifyRecords('private', { zoneName: 'library' }, [
      {
        operationType: 'update',
        record: {
          recordName: id,
          recordType: 'Photo',
          recordChangeTag: record?.recordChangeTag ?? '',
          fields: { mood: { value: 'calm', type: 'STRING' } },
        },
      },
      {
        operationType: 'create',
        record: { recordName: 'new-1', recordType: 'Hologram', fields: { depth: { value: 3, type: 'INT64' } } },
      },
    ]);
    await fleet.sync(second);
    edit(second, 'photo', id, { title: 'new' });
    await fleet.sync(second, ana);
    const [after] = await ana.cloud.lookupRecords('private', { zoneName: 'library' }, [id]);
    expect(after?.fields?.['mood']?.value).toBe('calm');
    expect(after?.fields?.['title']?.value).toBe('new');
    expect(rows(second, 'SELECT entity, reason FROM sync_orphan')).toEqual([
      { entity: 'Hologram', reason: 'unknownType' },
    ]);
    expect(second.engine.status.phase).toBe('idle');
  });

  test('a field that was kept is taken up by the version that knows it', async () => {
    const id = addPhoto(ana);
    await fleet.sync(ana);
    // As an older version left it: the title came, and it had no column for it.
    ana.store.transaction('sync', ({ raw }) => {
      raw
        .prepare(`UPDATE sync_record SET unknown = ? WHERE row_id = ?`)
        .run(JSON.stringify({ title: { value: 'kept', type: 'STRING' }, mood: { value: 'calm', type: 'STRING' } }), id);
      raw.exec(`UPDATE sync_state SET value = 'older' WHERE key = 'fields'`);
    });
    ana.crash();
    await ana.engine.settled();
    expect(row(ana, 'photo', id)?.['title']).toBe('kept');
    expect(rows(ana, `SELECT unknown FROM sync_record WHERE row_id = '${id}'`)).toEqual([
      { unknown: JSON.stringify({ mood: { value: 'calm', type: 'STRING' } }) },
    ]);
  });

  test('a record nobody can read is set aside and stops nothing', async () => {
    const good = addPhoto(ana);
    await fleet.sync(ana);
    await ana.cloud.modifyRecords('private', { zoneName: 'library' }, [
      {
        operationType: 'create',
        record: { recordName: 'bad-1', recordType: 'Tag', fields: { color: { value: 'red', type: 'STRING' } } },
      },
    ]);
    const second = await fleet.device('ana');
    expect(row(second, 'photo', good)).toBeDefined();
    expect(rows(second, 'SELECT row_id, reason FROM sync_orphan')).toEqual([{ row_id: 'bad-1', reason: 'unreadable' }]);
  });
});
