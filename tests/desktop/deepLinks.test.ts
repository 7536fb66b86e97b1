import { EventEmitter } from 'node:events';
import { fc } from '../helpers/properties.ts';
import { describe, expect, it } from 'vitest';
import { createDeepLinks, findDeepLink } from '../../electron/desktop/deepLinks.ts';
import type { DeepLinkDeps } from '../../electron/desktop/deepLinks.ts';
import { fuzzLinks } from './campaigns/linkFuzz.ts';
import { desktopLibrary } from '../../electron/desktop/desktopLibrary.ts';

const secret = 'canary-'.padEnd(43, 'x');
const link = `shoebox://share?link=${encodeURIComponent(`https://photos.example/share/AbCdEf0123456789#k=${secret}`)}`;
const otherLink = link.replace('photos.example', 'other.example');

function createDesk(argv: string[] = ['shoebox'], program: DeepLinkDeps['program'] = null) {
  const emitter = new EventEmitter();
  const asked: string[] = [];
  const opened: string[] = [];
  const explained: string[] = [];
  const trusted = new Set<string>();
  let focused = 0;
  let answer: (agreed: boolean) => void = () => undefined;
  let lock = true;
  const registered: unknown[] = [];
  const start = () =>
    createDeepLinks({
      app: {
        on: emitter.on.bind(emitter) as never,
        requestSingleInstanceLock: () => lock,
        setAsDefaultProtocolClient: (...words: unknown[]) => {
          registered.push(words);
          return true;
        },
      },
      program,
      argv,
      trusted: { has: (origin) => trusted.has(origin), add: (origin) => void trusted.add(origin) },
      askConsent: (origin) => {
        asked.push(origin);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
      open: (text) => void opened.push(text),
      focus: () => void (focused += 1),
      explain: (sentence) => void explained.push(sentence),
    });
  return {
    start,
    emitter,
    asked,
    opened,
    explained,
    trusted,
    argv,
    focused: () => focused,
    registered,
    refuseLock: () => {
      lock = false;
    },
    agree: async (agreed: boolean) => {
      answer(agreed);
      await new Promise(setImmediate);
    },
    openURL: (url: string) => {
      let prevented = false;
      emitter.emit('open-url', { preventDefault: () => (prevented = true) }, url);
      return prevented;
    },
  };
}

describe('a link among the arguments', () => {
  it.each([
    [['shoebox', link], link],
    [[link, '--type=renderer', 'x'], link],
    [['shoebox'], undefined],
    [['shoebox', link, otherLink], undefined],
    [['shoebox', link, link], undefined],
    [['shoebox', ` ${link}`], undefined],
    [['shoebox', `--open=${link}`], undefined],
    [['shoebox', 'shoebox://open?file=/etc/passwd'], undefined],
    [['shoebox', `${link}" --gpu-launcher="calc.exe`], undefined],
    [['shoebox', `${link}\u0000`], undefined],
    [['shoebox', 'shoebox://share?link='], undefined],
    [['shoebox', `shoebox://share?link=${'a'.repeat(3000)}`], undefined],
  ])('%j gives %s', (argv, expected) => {
    expect(findDeepLink(argv)).toBe(expected);
  });

  it('is never invented out of anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 80 })), (argv) => {
        expect(findDeepLink(argv)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('decides nothing but itself: a library named beside it is not opened', () => {
    expect(desktopLibrary(['shoebox', '--library=/evil', link], { SHOEBOX_LIBRARY: '/mine' })).toBe('/mine');
    expect(desktopLibrary(['shoebox', '--library=/mine'], {})).toBe('/mine');
  });
});

describe('a link from outside', () => {
  it('asks about an unknown server before anything else, naming it, and opens only after a yes', async () => {
    const desk = createDesk();
    desk.start().ready();
    expect(desk.openURL(link)).toBe(true);
    expect([desk.asked, desk.opened]).toEqual([['https://photos.example'], []]);
    await desk.agree(true);
    expect(desk.opened).toEqual([link]);
  });

  it('changes nothing when the person says no, and asks again next time', async () => {
    const desk = createDesk();
    desk.start().ready();
    desk.openURL(link);
    await desk.agree(false);
    desk.openURL(link);
    expect([desk.opened, [...desk.trusted], desk.asked.length]).toEqual([[], [], 2]);
  });

  it('of a server that was agreed to opens without asking', async () => {
    const desk = createDesk();
    desk.trusted.add('https://photos.example');
    desk.start().ready();
    desk.openURL(link);
    await new Promise(setImmediate);
    expect([desk.asked, desk.opened]).toEqual([[], [link]]);
  });

  it('is ignored while another one is being asked about', async () => {
    const desk = createDesk();
    desk.start().ready();
    desk.openURL(link);
    desk.openURL(otherLink);
    await desk.agree(true);
    expect([desk.asked, desk.opened]).toEqual([['https://photos.example'], [link]]);
  });

  it('that started the app waits for the window', async () => {
    const desk = createDesk(['shoebox', link]);
    const links = desk.start();
    expect(desk.asked).toEqual([]);
    links.ready();
    await desk.agree(true);
    expect(desk.opened).toEqual([link]);
  });

  it('leaves nothing of its secret in the arguments', () => {
    const desk = createDesk(['shoebox', link, '--flag']);
    desk.start();
    expect(desk.argv).toEqual(['shoebox', '', '--flag']);
  });

  it('comes from a second start, which brings the window to the front', async () => {
    const desk = createDesk();
    desk.start().ready();
    desk.emitter.emit('second-instance', {}, ['shoebox', '--extra', link]);
    await desk.agree(true);
    expect([desk.focused(), desk.opened]).toEqual([1, [link]]);
  });

  it.each([
    ['http://photos.example/share/AbCdEf0123456789', 'https'],
    ['https://photos.example/share/short', 'damaged'],
    ['https://user:pw@photos.example/share/AbCdEf0123456789', ''],
  ])('to %s is explained in one sentence without the link, and nobody is asked', async (inner, word) => {
    const desk = createDesk();
    desk.start().ready();
    desk.openURL(`shoebox://share?link=${encodeURIComponent(inner)}`);
    await new Promise(setImmediate);
    expect([desk.asked, desk.opened, desk.explained.length]).toEqual([[], [], 1]);
    expect(desk.explained[0]).toContain(word);
    expect(desk.explained[0]).not.toContain('photos.example');
  });
});

describe('a second instance', () => {
  it('takes no link and registers nothing: the first one does', () => {
    const desk = createDesk(['shoebox', link]);
    desk.refuseLock();
    const links = desk.start();
    expect([links.first, desk.registered]).toEqual([false, []]);
  });

  it('is never needed for the scheme: the first registers it', () => {
    const desk = createDesk();
    desk.start();
    expect(desk.registered).toEqual([['shoebox']]);
  });

  it('is not needed in a checkout either, where Electron is told what to run', () => {
    const desk = createDesk(['electron', '.'], { path: '/electron', args: ['/shoebox'] });
    desk.start();
    expect(desk.registered).toEqual([['shoebox', '/electron', ['/shoebox']]]);
  });
});

describe('hostile links and arguments', () => {
  it.each([1, 2, 3])(
    'never open anything, never name a lying server, never tell the secret (seed %i)',
    async (seed) => {
      const { found, asked, refused } = await fuzzLinks(seed, 5_000);
      // A fuzzer that never gets past the first check tests nothing.
      expect(Math.min(found, asked, refused)).toBeGreaterThan(100);
    },
  );
});
