import { describe, expect, it } from 'vitest';
import { rolesOf, sidecarTargets } from '../../electron/core/library/fileNames.ts';
import { portableName } from '../../electron/core/library/portableName.ts';
import { cutToBytes } from '../../shared/cutToBytes.ts';
import { parseTakeout, withSidecar } from '../../electron/core/library/takeout.ts';
import { noFacts } from '../../electron/core/media/facts.ts';

describe('the photo a sidecar belongs to', () => {
  it.each([
    ['a.jpg.xmp', ['a.jpg', 'a.png', 'b.jpg'], ['a.jpg']],
    ['a.xmp', ['a.jpg', 'b.jpg'], ['a.jpg']],
    ['A.XMP', ['a.JPG'], ['a.JPG']],
    ['IMG_4120.AAE', ['IMG_4120.JPG', 'IMG_E4120.JPG'], ['IMG_4120.JPG']],
    ['Cafe\u0301.xmp', ['Caf\u00e9.jpg'], ['Caf\u00e9.jpg']],
    ['lonely.xmp', ['other.jpg'], []],
  ])('%s beside %j is %j', (sidecar, names, expected) => {
    expect(sidecarTargets(sidecar, names)).toEqual(expected);
  });

  it.each([
    ['IMG_1.jpg.json', ['IMG_1.jpg'], ['IMG_1.jpg']],
    ['IMG_1.jpg.json', ['IMG_1.jpg', 'IMG_1-edited.jpg'], ['IMG_1.jpg', 'IMG_1-edited.jpg']],
    ['IMG_1.jpg(2).json', ['IMG_1.jpg', 'IMG_1(2).jpg'], ['IMG_1(2).jpg']],
    ['IMG_1.jpg.supplemental-metadata.json', ['IMG_1.jpg'], ['IMG_1.jpg']],
    ['IMG_1.jpg.supplemental-me.json', ['IMG_1.jpg'], ['IMG_1.jpg']],
    [
      'a-very-long-name-that-google-cuts-at-46-charac.json',
      ['a-very-long-name-that-google-cuts-at-46-characters-for-sure.jpg'],
      ['a-very-long-name-that-google-cuts-at-46-characters-for-sure.jpg'],
    ],
    ['metadata.json', ['IMG_1.jpg'], []],
  ])('Takeout: %s beside %j is %j', (sidecar, names, expected) => {
    expect(sidecarTargets(sidecar, names)).toEqual(expected);
  });
});

describe('the role of a file among its neighbours', () => {
  it('holds a video or RAW back only where a still of its name lies in the same folder', () => {
    const paths = ['a/1.HEIC', 'a/1.MOV', 'a/2.mov', 'b/1.mov', 'a/3.jpg', 'a/3.CR2', 'a/4.cr2', 'a/1.xmp', 'a/1.aae'];
    expect(Object.fromEntries(rolesOf(paths))).toEqual({
      'a/1.HEIC': 'main',
      'a/1.MOV': 'pair',
      'a/2.mov': 'main',
      'b/1.mov': 'main',
      'a/3.jpg': 'main',
      'a/3.CR2': 'pair',
      'a/4.cr2': 'main',
      'a/1.xmp': 'sidecar',
      'a/1.aae': 'sidecar',
    });
  });
});

describe('a name for a copy', () => {
  it.each([
    ['IMG_1.jpg', 'IMG_1.jpg'],
    ['100% real #1 & [x]; =.JPG', '100% real #1 & [x]; =.JPG'],
    ['a/b\\c:d?.jpg', 'a_b_c_d_.jpg'],
    ['CON.jpg', '_CON.jpg'],
    ['con .jpg', '_con .jpg'],
    ['COM\u00b9.jpg', '_COM\u00b9.jpg'],
    ['CONTACTS.jpg', 'CONTACTS.jpg'],
    ['nul', '_nul'],
    ['line\nbreak.jpg', 'line_break.jpg'],
    ['..hidden.jpg', '_hidden.jpg'],
    ['trailing. ', 'trailing'],
    ['東京 🌸.jpg', '東京 🌸.jpg'],
  ])('%j becomes %j', (name, expected) => {
    expect(portableName(name)).toBe(expected);
  });

  it('is cut between characters, never inside one', () => {
    expect(cutToBytes('a写🌸b', 3)).toBe('a');
    expect(cutToBytes('a写🌸b', 7)).toBe('a写');
    expect(cutToBytes('a写🌸b', 8)).toBe('a写🌸');
    expect(cutToBytes('a写🌸b', 100)).toBe('a写🌸b');
  });

  it('is never longer than a file system takes, and keeps its ending', () => {
    const name = portableName(`${'写'.repeat(300)}.jpeg`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^写+\.jpeg$/);
  });
});

describe('a Takeout sidecar', () => {
  it('gives date, place, caption and favourite; 0,0 is no place', () => {
    const json = {
      title: 'x.jpg',
      description: 'At sea',
      favorited: true,
      photoTakenTime: { timestamp: '1696573829' },
      geoData: { latitude: 0, longitude: 0, altitude: 0 },
    };
    expect(parseTakeout(JSON.stringify(json))).toMatchObject({
      favourite: true,
      facts: { takenAt: '2023-10-06T06:30:29', takenOffset: 0, caption: 'At sea', latitude: null },
    });
  });

  it.each([
    ['253402300799', '9999-12-31T23:59:59'],
    ['253402300800', null],
    ['-62135596801', null],
    ['1e300', null],
  ])('takes the second %s for %s', (timestamp, takenAt) => {
    expect(parseTakeout(JSON.stringify({ photoTakenTime: { timestamp } }))?.facts.takenAt).toBe(takenAt);
  });

  it.each(['', 'no json', '[]', '{"name": "package"}', '{"photoTakenTime": {"timestamp": "never"}}'])(
    'is not made of %j',
    (text) => {
      expect(parseTakeout(text)).toBeUndefined();
    },
  );

  it('only fills in the date and place a photo does not have', () => {
    const own = { ...noFacts, takenAt: '2020-01-01T00:00:00', takenOffset: 60, keywords: ['a'] };
    const beside = {
      ...noFacts,
      takenAt: '1999-01-01T00:00:00',
      takenOffset: 0,
      latitude: 1,
      longitude: 2,
      rating: 3,
      keywords: ['b', 'a'],
    };
    expect(withSidecar(own, beside)).toMatchObject({
      takenAt: '2020-01-01T00:00:00',
      takenOffset: 60,
      latitude: 1,
      longitude: 2,
      rating: 3,
      keywords: ['a', 'b'],
    });
  });
});
