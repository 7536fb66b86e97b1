import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import { readDimensions } from '../../electron/core/media/dimensions.ts';
import { toFacts } from '../../electron/core/media/exiftoolFacts.ts';
import { parseCaptureTime, parseOffset } from '../../electron/core/media/facts.ts';
import { formatOfMime, formats, sniff, type Format } from '../../electron/core/media/formats.ts';
import { drawPhoto } from '../helpers/photos.ts';

describe('a capture time', () => {
  it.each([
    ['2019:06:09 12:57:32', { takenAt: '2019-06-09T12:57:32', takenOffset: null }],
    ['2019:06:09 12:57:32.150', { takenAt: '2019-06-09T12:57:32.150', takenOffset: null }],
    ['2019-06-09T12:57:32Z', { takenAt: '2019-06-09T12:57:32', takenOffset: 0 }],
    ['2007:07:29 18:19:58+13:45', { takenAt: '2007-07-29T18:19:58', takenOffset: 825 }],
    ['1601:06:06 16:39:33', { takenAt: '1601-06-06T16:39:33', takenOffset: null }],
    ['2003:08:31', { takenAt: '2003-08-31T00:00:00', takenOffset: null }],
    // A leap second, as some receivers write it, and as nothing here can show it.
    ['2016:12:31 23:59:60', { takenAt: '2016-12-31T23:59:59', takenOffset: null }],
    ['2020:06:15 10:20:60.250+02:00', { takenAt: '2020-06-15T10:20:59.250', takenOffset: 120 }],
  ])('%s is read', (text, expected) => {
    expect(parseCaptureTime(text)).toEqual(expected);
  });

  it.each([
    '',
    '0000:00:00 00:00:00',
    '2019:02:31 00:00:00',
    '2019:13:01 00:00:00',
    '2019:01:01 25:00:00',
    '2019:01:01 24:00:00',
    '2020:06:15 10:75:10',
    '2020:06:15 10:20:61',
    '2020:06:15 10:59:99',
    '    :  :     :  :  ',
    'never',
  ])('%j is none', (text) => {
    expect(parseCaptureTime(text)).toBeUndefined();
  });

  it('is read back from every moment that is written', () => {
    const moments = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, (date) => {
        const iso = date.toISOString().slice(0, 19);
        expect(parseCaptureTime(iso.replaceAll('-', ':').replace('T', ' '))?.takenAt).toBe(iso);
      }),
    );
  });

  it('is one that can be shown, whatever two digits stand where hours, minutes and seconds are', () => {
    const digits = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, '0'));
    fc.assert(
      fc.property(digits, digits, digits, (hour, minute, second) => {
        const takenAt = parseCaptureTime(`2020:06:15 ${hour}:${minute}:${second}`)?.takenAt;
        if (takenAt !== undefined) expect(Date.parse(`${takenAt}Z`)).not.toBeNaN();
      }),
    );
  });

  it('offsets beyond fifteen hours are none', () => {
    expect(['+05:45', '-03:00', 'Z', '+14:00', '+16:00', 'x'].map(parseOffset)).toEqual([
      345,
      -180,
      0,
      840,
      null,
      null,
    ]);
  });
});

describe('what exiftool says', () => {
  it('XMP keywords win over IPTC, and numbers are words too', () => {
    expect(toFacts({ 'XMP-dc:Subject': ['Crete', 2024, 'Crete'], 'IPTC:Keywords': 'WRONG' }, 'jpeg').keywords).toEqual([
      'Crete',
      '2024',
    ]);
  });

  it('a UTC date of a video becomes local where the place has a time zone, and stays as written elsewhere', () => {
    const utc = { 'QuickTime:CreateDate': '2023:10:06 06:39:09' };
    const place = {
      'Composite:GPSLatitude': 48.8,
      'Composite:GPSLongitude': 2.4,
      'ExifTool:GeolocationTimeZone': 'Europe/Paris',
    };
    expect(toFacts({ ...utc, ...place }, 'mp4')).toMatchObject({
      takenAt: '2023-10-06T08:39:09',
      takenOffset: 120,
      timeZone: 'Europe/Paris',
    });
    expect(toFacts(utc, 'mp4')).toMatchObject({ takenAt: '2023-10-06T06:39:09', takenOffset: null });
  });

  it('a list with a structure in it is the rest of the list', () => {
    const broken = { toString: [] };
    const raw = { 'IFD0:Make': ['Fuji', broken, 'film', null], 'XMP-dc:Subject': [broken, 'Sea', 7] };
    const { make, keywords } = toFacts(raw, 'jpeg');
    expect([make, keywords]).toEqual(['Fuji, film', ['Sea', '7']]);
    expect(toFacts({ 'ExifIFD:DateTimeOriginal': [broken] }, 'jpeg').takenAt).toBeNull();
  });

  it('nonsense of every kind gives no facts and no error', () => {
    const anything = fc.dictionary(
      fc.constantFrom(
        'IFD0:Orientation',
        'ExifIFD:DateTimeOriginal',
        'Composite:GPSLatitude',
        'Composite:GPSLongitude',
        'File:ImageWidth',
        'XMP-dc:Subject',
        'XMP-xmp:Rating',
        'XMP-GCamera:MicroVideoOffset',
        'ExifIFD:ISO',
        'IFD0:Make',
      ),
      fc.anything(),
    );
    fc.assert(
      fc.property(anything, (raw) => {
        const facts = toFacts(raw, 'jpeg');
        expect(facts.orientation ?? 1).toBeGreaterThanOrEqual(1);
        expect(facts.orientation ?? 1).toBeLessThanOrEqual(8);
        expect(Math.abs(facts.latitude ?? 0)).toBeLessThanOrEqual(90);
        expect(facts.rating ?? 0).toBeLessThanOrEqual(5);
      }),
    );
  });
});

describe('a format', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)(
    '%s is told by its bytes, and its size is read from them',
    async (format) => {
      const bytes = await drawPhoto({ format, width: 61, height: 47 });
      expect(sniff(bytes, 'lies.heic')).toBe(format);
      if (format !== 'tiff') expect(readDimensions(bytes, format)).toEqual({ width: 61, height: 47 });
    },
  );

  it('has a MIME type of its own', () => {
    for (const format of Object.keys(formats) as Format[]) expect(formatOfMime(formats[format].mimeType)).toBe(format);
  });

  it('and size of any bytes at all are found or not found, without an error', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('\xff\xd8\xff', 'RIFF____WEBPVP8X', '____ftypheic', 'II*\0', 'MM\0*', ''),
        (tail, head) => {
          const bytes = Buffer.concat([Buffer.from(head, 'latin1'), tail]);
          const format = sniff(bytes, 'x.dng');
          if (format !== undefined) {
            const size = readDimensions(bytes, format);
            expect(size === undefined || (size.width > 0 && size.height > 0)).toBe(true);
          }
        },
      ),
    );
  });
});
