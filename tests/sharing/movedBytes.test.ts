import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
});
afterEach(async () => world.dispose());

it('a photo that moves takes its bytes along on the server: nothing is uploaded, nothing is lost', async () => {
  const photo = ana.photo('sunset');
  await ana.sync();
  const [resource] = ana.rows<{ id: string }>('SELECT id FROM resource WHERE photo_id = ?', photo);
  const id = resource?.id ?? '';
  const bytes = new TextEncoder().encode('the bytes of a photo');
  const ticket = await ana.cloud.requestUpload(
    'private',
    { zoneName: 'library' },
    {
      recordType: 'Resource',
      recordName: id,
      fieldName: 'data',
      size: bytes.length,
      sha256: Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('base64'),
    },
  );
  const sent = 'url' in ticket ? await ana.cloud.uploadChunk(ticket.url, bytes, 0, bytes.length) : undefined;
  const value = sent !== undefined && 'asset' in sent ? sent.asset : undefined;
  await ana.cloud.modifyRecords('private', { zoneName: 'library' }, [
    {
      operationType: 'forceUpdate',
      record: { recordName: id, recordType: 'Resource', fields: { data: { value, type: 'ASSETID' } } },
    },
  ]);
  await ana.sync();
  const uploads = () => world.requests.filter((request) => request.includes('/upload')).length;
  const before = uploads();
  const { shareID } = await ana.sharing.shares.create({
    title: 'Crete',
    what: { photoIDs: [photo], albumID: null },
    people: [],
    publicPreset: null,
    departureRule: 'STAY',
  });
  await ana.sync();
  const [moved] = await ana.cloud.lookupRecords('private', { zoneName: shareID }, [id]);
  expect(moved?.fields?.['data']?.value).toMatchObject({ size: bytes.length });
  const [left] = await ana.cloud.lookupRecords('private', { zoneName: 'library' }, [id]);
  expect(left).toMatchObject({ serverErrorCode: 'NOT_FOUND' });
  expect(uploads()).toBe(before);
  await ana.sharing.shares.stop(shareID, { keep: 'everything', graceDays: 0 });
  await ana.sync();
  const [home] = await ana.cloud.lookupRecords('private', { zoneName: 'library' }, [id]);
  expect(home?.fields?.['data']?.value).toMatchObject({ size: bytes.length });
  expect(uploads()).toBe(before);
});
