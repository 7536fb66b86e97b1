import { fc } from '../helpers/properties.ts';
import { expect, test } from 'vitest';
import type { SmartRule, SmartRules } from '../../shared/model/album.ts';
import { openOrganiser, type MadePhoto } from '../helpers/organiser.ts';

const runs = Number(process.env['SHOEBOX_PROPERTY_RUNS'] ?? 12);

/** A photo as a person would describe it; rules are judged on this, not on the index. */
interface Described extends MadePhoto {
  readonly takenAt: string;
  readonly size: number;
  readonly rating: number;
  readonly favourite: boolean;
  readonly hidden: boolean;
  readonly tags: readonly string[];
  readonly inAlbum: boolean;
}

const photo: fc.Arbitrary<Described> = fc.record({
  takenAt: fc.constantFrom('2018-12-31T23:59:59', '2019-01-01T00:00:00', '2019-07-15T12:00:00', '2020-02-29T08:00:00'),
  kind: fc.constantFrom('photo', 'video', 'live', 'rawJpeg'),
  make: fc.constantFrom('Canon', null),
  lens: fc.constantFrom('RF 50mm', 'RF 24mm', null),
  country: fc.constantFrom('Greece', 'France', null),
  title: fc.constantFrom('Wave at sea', 'Seaside', null),
  width: fc.constantFrom(3000, 4000),
  size: fc.constantFrom(10, 1_000, 100_000),
  rating: fc.nat(5),
  favourite: fc.boolean(),
  hidden: fc.boolean(),
  tags: fc.subarray(['Crete', 'Crete 2019', 'Beach']),
  inAlbum: fc.boolean(),
});

/** A rule with what it means, said a second time in plain terms. */
interface Judged {
  readonly rule: SmartRule;
  readonly holds: (photo: Described) => boolean;
}
const judged = (rule: SmartRule, holds: Judged['holds']): Judged => ({ rule, holds });
const has = (text: string | null | undefined, beginning: string): boolean =>
  (text ?? '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((word) => word.startsWith(beginning));

const rule: fc.Arbitrary<Judged> = fc.constantFrom(
  judged({ field: 'date', comparison: 'is', value: '2019' }, (p) => p.takenAt.startsWith('2019')),
  judged({ field: 'date', comparison: 'before', value: '2019-01-01' }, (p) => p.takenAt < '2019-01-01'),
  judged({ field: 'date', comparison: 'after', value: '2019' }, (p) => p.takenAt >= '2020'),
  judged({ field: 'date', comparison: 'isNot', value: '2019-07' }, (p) => !p.takenAt.startsWith('2019-07')),
  judged({ field: 'date', comparison: 'between', value: '2019-01-01', value2: '2019-12-31' }, (p) =>
    p.takenAt.startsWith('2019'),
  ),
  judged({ field: 'kind', comparison: 'is', value: 'video' }, (p) => p.kind === 'video'),
  judged({ field: 'kind', comparison: 'isNot', value: 'video' }, (p) => p.kind !== 'video'),
  judged({ field: 'camera', comparison: 'contains', value: 'can' }, (p) => p.make === 'Canon'),
  judged({ field: 'camera', comparison: 'isNot', value: 'Canon' }, (p) => p.make !== 'Canon'),
  judged({ field: 'lens', comparison: 'is', value: 'RF 50mm' }, (p) => p.lens === 'RF 50mm'),
  judged({ field: 'lens', comparison: 'contains', value: 'rf' }, (p) => (p.lens ?? '').startsWith('RF')),
  judged({ field: 'place', comparison: 'is', value: 'Greece' }, (p) => p.country === 'Greece'),
  judged({ field: 'place', comparison: 'isNot', value: 'Greece' }, (p) => p.country !== 'Greece'),
  judged({ field: 'tag', comparison: 'is', value: 'crete' }, (p) => p.tags.includes('Crete')),
  judged({ field: 'tag', comparison: 'isNot', value: 'Beach' }, (p) => !p.tags.includes('Beach')),
  judged({ field: 'rating', comparison: 'atLeast', value: 3 }, (p) => p.rating >= 3),
  judged({ field: 'rating', comparison: 'atMost', value: 2 }, (p) => p.rating <= 2),
  judged({ field: 'rating', comparison: 'between', value: 1, value2: 2 }, (p) => p.rating >= 1 && p.rating <= 2),
  judged({ field: 'favourite', comparison: 'is', value: true }, (p) => p.favourite),
  judged({ field: 'favourite', comparison: 'is', value: false }, (p) => !p.favourite),
  judged({ field: 'album', comparison: 'is', value: 'ALBUM' }, (p) => p.inAlbum),
  judged({ field: 'album', comparison: 'isNot', value: 'ALBUM' }, (p) => !p.inAlbum),
  judged({ field: 'size', comparison: 'atLeast', value: 1_000 }, (p) => p.size >= 1_000),
  judged({ field: 'size', comparison: 'isNot', value: 10 }, (p) => p.size !== 10),
  judged({ field: 'orientation', comparison: 'is', value: 'square' }, (p) => p.width === 3000),
  judged({ field: 'text', comparison: 'contains', value: 'sea' }, (p) => has(p.title, 'sea')),
  judged({ field: 'text', comparison: 'isNot', value: 'wave' }, (p) => !has(p.title, 'wave')),
  judged({ field: 'edited', comparison: 'is', value: true }, () => false),
);

test('any rules find exactly the photos they describe, in order of time, and count them', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(photo, { minLength: 1, maxLength: 40 }),
      fc.array(
        fc.record({
          match: fc.constantFrom('all' as const, 'any' as const),
          rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
        }),
        {
          minLength: 10,
          maxLength: 20,
        },
      ),
      async (photos, cases) => {
        const library = openOrganiser();
        try {
          const { core } = library;
          const ids = library.photos(...photos);
          const which = (holds: (one: Described) => boolean) =>
            ids.filter((_, index) => holds(photos[index] as Described));
          for (const name of ['Crete', 'Crete 2019', 'Beach'])
            await core.tags.apply(
              which((one) => one.tags.includes(name)),
              [name],
              [],
            );
          for (let stars = 1; stars <= 5; stars += 1)
            await core.personal.setRating(
              which((one) => one.rating === stars),
              stars,
            );
          await core.personal.setFavourite(
            which((one) => one.favourite),
            true,
          );
          await core.personal.setHidden(
            which((one) => one.hidden),
            true,
          );
          const album = await core.albums.create({
            kind: 'manual',
            title: 'A',
            parentID: null,
            photoIDs: which((one) => one.inAlbum),
          });
          await core.searchIndex.idle();
          for (const { match, rules } of cases) {
            const written = JSON.parse(
              JSON.stringify({ match, rules: rules.map((one) => one.rule) }).replaceAll('ALBUM', album.id),
            ) as SmartRules;
            const wanted = which(
              (one) =>
                !one.hidden && (match === 'all' ? rules.every((r) => r.holds(one)) : rules.some((r) => r.holds(one))),
            );
            const list = core.lists.rulesList(written);
            const got = core.timeline.allIDs(list);
            expect(got.toSorted(), JSON.stringify(written)).toEqual(wanted.toSorted());
            expect(core.timeline.count(list), JSON.stringify(written)).toBe(wanted.length);
            const times = got.map((id) => photos[ids.indexOf(id)]?.takenAt ?? '');
            expect(times).toEqual(times.toSorted().reverse());
            found += got.length;
          }
        } finally {
          await library.dispose();
        }
      },
    ),
    {
      numRuns: runs,
      ...(process.env['SHOEBOX_SEED'] === undefined ? {} : { seed: Number(process.env['SHOEBOX_SEED']) }),
    },
  );
  expect(found).toBeGreaterThan(runs * 10);
}, 600_000);
