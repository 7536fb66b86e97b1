import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { clear, createPhotoMaker } from '../helpers/photos.ts';
import { openTestLibrary, type TestLibrary } from '../helpers/testLibrary.ts';

const maker = createPhotoMaker();
afterAll(() => maker.dispose());
let base: string;
let library: TestLibrary;
beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'shoebox-places-'));
  library = await openTestLibrary();
});
afterEach(async () => {
  await library.dispose();
  clear(base);
});

const allPhotos = () =>
  library.client.photos.allIDs({ view: { source: { kind: 'library' }, scope: 'both', query: '' } });
const facts = () =>
  library.app.store.connection.raw.prepare('SELECT place, region, country, time_zone FROM photo').all();

test('a photo put on the map by hand is named after the town there, with its time zone, and undoing takes both back', async () => {
  await maker.write(join(base, 'a.jpg'), {
    seed: 1,
    tags: { GPSLatitude: 48.8584, GPSLatitudeRef: 'N', GPSLongitude: 2.2945, GPSLongitudeRef: 'E' },
  });
  await library.app.ingest.finished(await library.app.ingest.import([join(base, 'a.jpg')]));
  const paris = [
    { place: expect.stringContaining('Paris'), region: 'Île-de-France', country: 'France', time_zone: 'Europe/Paris' },
  ];
  expect(facts()).toEqual(paris);
  const ids = await allPhotos();

  await library.client.photos.setPlace({ ids, place: { latitude: 35.5138, longitude: 24.018 } });
  expect(facts()).toEqual([{ place: 'Chaniá', region: 'Crete', country: 'Greece', time_zone: 'Europe/Athens' }]);
  const [step] = await library.client.undo.list({ limit: 1 });
  expect(step?.label).toBe('Placed 1 photo in Chaniá');

  await library.client.undo.undo({});
  expect(facts()).toEqual(paris);
});

test('in the middle of an ocean a photo has a time zone and no town', async () => {
  await maker.write(join(base, 'a.jpg'), { seed: 1 });
  await library.app.ingest.finished(await library.app.ingest.import([join(base, 'a.jpg')]));
  const ids = await allPhotos();
  await library.client.photos.setPlace({ ids, place: { latitude: 30, longitude: -40 } });
  expect(facts()).toEqual([{ place: null, region: null, country: null, time_zone: 'Atlantic/Azores' }]);
});

test('a sidecar that comes later does not give a photo placed by hand the names of another place', async () => {
  const photos = join(base, 'photos');
  await maker.write(join(photos, 'a.jpg'), {
    seed: 1,
    tags: { GPSLatitude: 48.8584, GPSLatitudeRef: 'N', GPSLongitude: 2.2945, GPSLongitudeRef: 'E' },
  });
  await library.app.ingest.folders.add(photos);
  await library.app.ingest.idle();
  const ids = await allPhotos();
  await library.client.photos.setPlace({ ids, place: { latitude: 35.5138, longitude: 24.018 } });
  writeFileSync(
    join(photos, 'a.jpg.xmp'),
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
     <rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>`,
  );
  await vi.waitFor(async () => {
    await library.app.ingest.folders.rescan();
    await library.app.ingest.idle();
    expect(library.app.store.connection.raw.prepare('SELECT rating FROM photo').pluck().all()).toEqual([5]);
  }, 20_000);
  expect(facts()).toEqual([{ place: 'Chaniá', region: 'Crete', country: 'Greece', time_zone: 'Europe/Athens' }]);
});
