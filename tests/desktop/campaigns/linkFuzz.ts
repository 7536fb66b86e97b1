import { parseShareLink } from '../../../shared/cloud/shareLink.ts';
import { isAppError } from '../../../shared/errors.ts';
import { createSeededRandom } from '../../helpers/seededRandom.ts';
import { createDeepLinks, findDeepLink } from '../../../electron/desktop/deepLinks.ts';

/** What a run of the fuzzer saw. */
export type LinkFuzzResult = {
  readonly cases: number;
  /** Argument lists in which exactly one link was found. */
  readonly found: number;
  /** Links that were asked about, all of them answered with no. */
  readonly asked: number;
  readonly refused: number;
};

const secret = 'k'.repeat(43);
const link = `https://photos.example/share/AbCdEf0123456789#k=${secret}`;
const seeds = [
  `shoebox://share?link=${encodeURIComponent(link)}`,
  `shoebox://share/?link=${encodeURIComponent('http://localhost:8787/share/AbCdEf0123456789')}`,
  'shoebox://share?link=https%3A%2F%2Fuser%3Apw%40photos.example%2Fshare%2FAbCdEf0123456789',
  'shoebox://open?file=/etc/passwd',
  '--gpu-launcher=calc.exe',
  '--library=/tmp/evil',
  'file:///etc/passwd',
];
const pieces = [
  'shoebox:',
  '//',
  'share',
  '?link=',
  '%2F',
  '%00',
  '%0a',
  '%',
  '#k=',
  '&p=1',
  '@',
  ':0',
  '\u202E',
  '\u0000',
  ' ',
  '"',
  '\\',
  '..',
  'javascript:',
  'xn--',
  '１２７.0.0.1',
  '[::1]',
  ';',
  '\n',
];

/**
 * Fires argument lists with broken, mutated and hostile links at the app's front door, whose owner always says no.
 * @throws Error naming the seed and the case when anything but a refusal or a question comes of one: a link taken out of
 * two, a link opened, a server named that is not in the link, an error that is no sentence, or a sentence with the secret
 */
export async function fuzzLinks(seed: number, cases: number): Promise<LinkFuzzResult> {
  const random = createSeededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] ?? fail('an empty list');
  let found = 0;
  let refused = 0;
  const asked: string[] = [];
  const opened: string[] = [];
  const explained: string[] = [];
  let openURL: ((event: { preventDefault: () => void }, url: string) => void) | undefined;
  const links = createDeepLinks({
    app: {
      on: ((event: string, listener: never) => {
        if (event === 'open-url') openURL = listener;
      }) as never,
      requestSingleInstanceLock: () => true,
      setAsDefaultProtocolClient: () => true,
    },
    program: null,
    argv: [],
    trusted: { has: () => false, add: (origin) => fail(`${origin} became trusted`) },
    askConsent: (origin) => {
      asked.push(origin);
      return Promise.resolve(false);
    },
    open: (text) => opened.push(text),
    focus: () => undefined,
    explain: (sentence) => explained.push(sentence),
  });
  links.ready();

  function fail(what: string): never {
    throw new Error(`seed ${seed}: ${what}`);
  }
  function mutate(text: string): string {
    let changed = text;
    for (let edits = random(4); edits > 0; edits -= 1) {
      const at = random(changed.length + 1);
      const cut = random(3) === 0 ? random(6) : 0;
      changed = changed.slice(0, at) + pick(pieces) + changed.slice(at + cut);
    }
    return changed;
  }

  for (let index = 0; index < cases; index += 1) {
    const argv = Array.from({ length: 1 + random(4) }, () => mutate(pick(seeds)));
    const one = findDeepLink(argv);
    if (one !== undefined) {
      found += 1;
      if (argv.filter((argument) => argument === one).length !== 1)
        fail(`a link that stands twice was taken: ${JSON.stringify(argv)}`);
    }
    const text = pick(argv);
    try {
      const parsed = parseShareLink(text);
      const { protocol, hostname } = new URL(parsed.serverOrigin);
      const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
      if (protocol !== 'https:' && !(protocol === 'http:' && local))
        fail(`a server on ${parsed.serverOrigin} from ${JSON.stringify(text)}`);
      if (!/^[\u0021-\u007e]+$/u.test(parsed.serverOrigin))
        fail(`a server's name that can lie: ${JSON.stringify(parsed.serverOrigin)}`);
    } catch (error) {
      if (!isAppError(error) || error.code !== 'invalidInput') throw error;
      if (error.message.includes(secret)) fail('the secret was in the sentence');
      refused += 1;
    }
    openURL?.({ preventDefault: () => undefined }, text);
    if (index % 16 === 0) await new Promise(setImmediate);
  }
  await new Promise(setImmediate);
  if (opened.length > 0) fail(`a link was opened without a yes: ${JSON.stringify(opened[0])}`);
  if (explained.some((sentence) => sentence.includes(secret))) fail('an explanation held the secret');
  return { cases, found, asked: asked.length, refused };
}
