import { fc } from '../helpers/properties.ts';
import { expect, test } from 'vitest';
import { appErrorCodes } from '../../shared/errors.ts';
import { changedFields, mergeFields } from '../../shared/cloud/fieldMerge.ts';
import type { VersionedFields } from '../../shared/cloud/fieldMerge.ts';
import {
  clampStamp,
  compareStamps,
  createHybridClock,
  formatStamp,
  parseStamp,
  stampAfter,
} from '../../shared/cloud/hybridClock.ts';
import { appErrorCodeOf, httpStatusOf, serverErrorCodes } from '../../shared/cloud/serverErrors.ts';
import { formatDeepLink, formatShareLink, looksLikeDeepLink, parseShareLink } from '../../shared/cloud/shareLink.ts';

const stamps = fc
  .record({
    ms: fc.integer({ min: 0, max: 40 }),
    counter: fc.integer({ min: 0, max: 2 }),
    node: fc.constantFrom('a', 'b'),
  })
  .map(formatStamp);
const version = fc.record({
  value: fc.jsonValue({ maxDepth: 1 }),
  stamp: fc.option(stamps, { nil: undefined }),
  order: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
});
const fields = fc.dictionary(
  fc.constantFrom('title', 'rating', '__proto__', 'caption'),
  version,
) as fc.Arbitrary<VersionedFields>;
const plain = (merged: VersionedFields): string =>
  JSON.stringify(Object.entries(merged).sort(([a], [b]) => (a < b ? -1 : 1)));

test('merging three versions of a record gives the same fields in every order and grouping', () => {
  fc.assert(
    fc.property(fields, fields, fields, (a, b, c) => {
      const all = [
        [a, b, c],
        [a, c, b],
        [b, a, c],
        [b, c, a],
        [c, a, b],
        [c, b, a],
      ] as const;
      const left = all.map(([x, y, z]) => plain(mergeFields(mergeFields(x, y), z)));
      const right = all.map(([x, y, z]) => plain(mergeFields(x, mergeFields(y, z))));
      expect(new Set([...left, ...right]).size).toBe(1);
      expect(plain(mergeFields(a, a))).toBe(plain(mergeFields(a, {})));
    }),
    { numRuns: 500 },
  );
});

test('a merge names the fields it changed, and keeps fields only one side knows', () => {
  const old = { title: { value: 'hill', stamp: formatStamp({ ms: 1, counter: 0, node: 'a' }) }, unknown: { value: 1 } };
  const merged = mergeFields(old, { title: { value: 'lake', stamp: formatStamp({ ms: 2, counter: 0, node: 'b' }) } });
  expect(changedFields(old, merged)).toEqual(['title']);
  expect(merged['unknown']?.value).toBe(1);
});

test('stamps sort as text the way they sort in time, and round-trip', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      (a, b) => {
        const [x, y] = [formatStamp({ ms: a, counter: 0, node: 'n' }), formatStamp({ ms: b, counter: 0, node: 'n' })];
        expect(Math.sign(compareStamps(x, y))).toBe(Math.sign(a - b));
        expect(parseStamp(x)).toEqual({ ms: a, counter: 0, node: 'n' });
      },
    ),
  );
});

test('a clock never runs backwards, whatever the wall clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2_000_000_000_000 }), { minLength: 2, maxLength: 50 }), (times) => {
      let now = 0;
      const clock = createHybridClock({ now: () => now, node: 'n' });
      let last: ReturnType<typeof clock.tick> | undefined;
      for (const time of times) {
        now = time;
        const next = clock.tick();
        expect(compareStamps(next, last)).toBeGreaterThan(0);
        last = next;
      }
    }),
  );
});

test('a counter that is full moves on to the next millisecond', () => {
  const last = formatStamp({ ms: 100, counter: 36 ** 4 - 1, node: 'n' });
  expect(parseStamp(createHybridClock({ now: () => 100, node: 'n', last }).tick())).toEqual({
    ms: 101,
    counter: 0,
    node: 'n',
  });
});

test('a node ten years ahead neither drags the others along nor wins beyond the moment its edit was accepted', () => {
  const year = 365 * 86_400_000;
  const now = 1_800_000_000_000;
  const wrong = formatStamp({ ms: now + 10 * year, counter: 0, node: 'wrong' });
  const clock = createHybridClock({ now: () => now, node: 'right' });
  clock.receive(wrong);
  expect(parseStamp(clock.tick()).ms).toBe(now);
  expect(parseStamp(clampStamp(wrong, now)).ms).toBe(now + 300_000);
  const behind = createHybridClock({ now: () => now - 10 * year, node: 'slow' });
  behind.observeServerTime(now);
  expect(parseStamp(behind.tick()).ms).toBe(now);
});

test('what was done on top of a stamp from the future is later still, and otherwise keeps its own', () => {
  const future = formatStamp({ ms: 2_000, counter: 35 ** 2, node: 'ahead' });
  const mine = formatStamp({ ms: 1_000, counter: 7, node: 'right' });
  expect(stampAfter(mine, undefined)).toBe(mine);
  expect(stampAfter(future, mine)).toBe(future);
  expect(parseStamp(stampAfter(mine, future))).toEqual({ ms: 2_000, counter: 35 ** 2 + 1, node: 'right' });
  expect(compareStamps(stampAfter(mine, mine), mine)).toBeGreaterThan(0);
});

test('every server error code has a status and a code of the app', () => {
  for (const code of serverErrorCodes) {
    expect(httpStatusOf(code)).toBeGreaterThanOrEqual(400);
    expect(appErrorCodes).toContain(appErrorCodeOf(code));
  }
  expect(appErrorCodeOf('BAD_REQUEST', { limit: 'operations' })).toBe('limitExceeded');
});

const guid = 'AbCdEfGhIjKlMnOpQrStUv12';
const secret = 'k'.repeat(43);

test('a share link survives writing and reading, plain and as a deep link', () => {
  for (const link of [
    { serverOrigin: 'https://photos.example', shortGUID: guid, needsPassword: false },
    { serverOrigin: 'http://127.0.0.1:8787', shortGUID: guid, secret, needsPassword: true },
    // What "Share from this computer" gives: a server of this network, without a certificate.
    { serverOrigin: 'http://192.168.1.5:8787', shortGUID: guid, needsPassword: false },
    { serverOrigin: 'http://nas.local:8787', shortGUID: guid, secret, needsPassword: false },
    { serverOrigin: 'http://100.101.102.103:8787', shortGUID: guid, needsPassword: false },
    { serverOrigin: 'http://[fd12:3456:789a::5]:8787', shortGUID: guid, needsPassword: false },
  ]) {
    expect(parseShareLink(formatShareLink(link))).toEqual(link);
    expect(parseShareLink(formatDeepLink(link))).toEqual(link);
    expect(looksLikeDeepLink(formatDeepLink(link))).toBe(true);
  }
});

test.each([
  ['http to another machine', `http://photos.example/share/${guid}`],
  ['http to an address outside', `http://8.8.8.8/share/${guid}`],
  ['http to a name that only looks near', `http://10.0.0.1.evil.example/share/${guid}`],
  ['http to a number outside the private ranges', `http://172.32.0.1/share/${guid}`],
  ['credentials', `https://ana:pw@photos.example/share/${guid}`],
  ['port 0', `https://photos.example:0/share/${guid}`],
  ['another path', `https://photos.example/other/${guid}`],
  ['a query', `https://photos.example/share/${guid}?k=${secret}`],
  ['a short guid', 'https://photos.example/share/abc'],
  ['an unknown fragment', `https://photos.example/share/${guid}#x=1`],
  ['a bidi mark', `https://photos.example/share/${guid}\u202e`],
  ['another verb', `shoebox://settings?link=${encodeURIComponent(`https://photos.example/share/${guid}`)}`],
  ['a second parameter', `shoebox://share?link=${encodeURIComponent(`https://photos.example/share/${guid}`)}&x=1`],
  ['a switch behind it', `shoebox://share?link=https%3A%2F%2Fphotos.example%2Fshare%2F${guid}" --gpu-launcher=x`],
  ['a deep link in a deep link', `shoebox://share?link=${encodeURIComponent('shoebox://share?link=x')}`],
  ['a script', 'javascript:alert(1)'],
  ['three kilobytes', `https://photos.example/share/${guid}#k=${'k'.repeat(3000)}`],
])('a link with %s is refused in words that do not repeat it', (_, text) => {
  expect(() => parseShareLink(text)).toThrow(/link/);
  try {
    parseShareLink(text);
  } catch (error) {
    expect((error as Error).message).not.toContain(guid);
  }
});

test('no text at all makes the link parser do anything but parse or refuse', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl({ withFragments: true, withQueryParameters: true }),
        fc.string().map((text) => `shoebox://share?link=${text}`),
        fc.string().map((text) => `https://photos.example/share/${guid}#k=${text}`),
      ),
      (text) => {
        try {
          const link = parseShareLink(text);
          expect(parseShareLink(formatShareLink(link))).toEqual(link);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalidInput' });
        }
      },
    ),
    { numRuns: 5_000 },
  );
});
