import type { App, Event } from 'electron';
import { looksLikeDeepLink, parseShareLink } from '../../shared/cloud/shareLink.ts';
import type { ShareLink } from '../../shared/cloud/shareLink.ts';

export type DeepLinkDeps = {
  readonly app: Pick<App, 'on' | 'requestSingleInstanceLock' | 'setAsDefaultProtocolClient'>;
  /** What a link starts, and with which arguments before it; null for this very program. */
  readonly program: { readonly path: string; readonly args: string[] } | null;
  /** This process's own argument list; the link is taken out of it, because it holds a secret. */
  readonly argv: string[];
  /** Asks the person, naming the server, whether to open a link of a server they have not agreed to yet. */
  readonly askConsent: (serverOrigin: string) => Promise<boolean>;
  readonly trusted: TrustedServers;
  /** Shows the window and hands it the link, for a preview that changes nothing. */
  readonly open: (link: string) => void;
  /** Brings the window to the front when a second start brings no link. */
  readonly focus: () => void;
  /** Says one clear sentence about a link that cannot be opened; never the link. */
  readonly explain: (sentence: string) => void;
};

/** Servers whose links may be opened without asking again, by origin: some for good, some until the app ends. */
export type TrustedServers = { readonly has: (origin: string) => boolean; readonly add: (origin: string) => void };

export type DeepLinks = {
  /** False when another instance has the library's window; this process must end at once. */
  readonly first: boolean;
  /** Call when the window can show something; a link that came earlier is handled now. */
  readonly ready: () => void;
};

/**
 * The one deep link among a program's arguments. Other software may add arguments and reorder them, so position means
 * nothing; two links are somebody's trick, and none is taken.
 */
export function findDeepLink(argv: readonly string[]): string | undefined {
  const links = argv.filter(looksLikeDeepLink);
  return links.length === 1 ? links[0] : undefined;
}

/**
 * Takes share links from outside: macOS hands them over as an event, elsewhere they are an argument of the first instance
 * or of a second one, which passes its arguments on and ends. Nothing happens by a link alone: an unknown server is
 * asked about first and reached only after the person agreed, and while that question is open other links are ignored.
 */
export function createDeepLinks(deps: DeepLinkDeps): DeepLinks {
  let windowReady = false;
  let waiting: string | undefined;
  let asking = false;

  const arrive = (text: string | undefined): void => {
    if (text === undefined) return;
    if (windowReady) void handle(text);
    else waiting ??= text;
  };

  async function handle(text: string): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      const link = readLink(text, deps.explain);
      if (link === undefined) return;
      if (!deps.trusted.has(link.serverOrigin)) {
        if (!(await deps.askConsent(link.serverOrigin))) return;
        deps.trusted.add(link.serverOrigin);
      }
      deps.open(text);
    } finally {
      asking = false;
    }
  }

  // Before `ready`: macOS sends the link that started the app right after it.
  deps.app.on('open-url', (event: Event, url: string) => {
    event.preventDefault();
    if (looksLikeDeepLink(url)) arrive(url);
  });
  const first = deps.app.requestSingleInstanceLock();
  if (first) {
    if (deps.program === null) deps.app.setAsDefaultProtocolClient('shoebox');
    else deps.app.setAsDefaultProtocolClient('shoebox', deps.program.path, deps.program.args);
    deps.app.on('second-instance', (_event, argv) => {
      deps.focus();
      arrive(findDeepLink(argv));
    });
    arrive(findDeepLink(deps.argv));
    deps.argv.forEach((argument, index) => {
      if (looksLikeDeepLink(argument)) deps.argv[index] = '';
    });
  }
  return {
    first,
    ready: () => {
      windowReady = true;
      const text = waiting;
      waiting = undefined;
      arrive(text);
    },
  };
}

function readLink(text: string, explain: (sentence: string) => void): ShareLink | undefined {
  try {
    return parseShareLink(text);
  } catch (error) {
    explain(error instanceof Error ? error.message : 'This is not a Shoebox share link.');
    return undefined;
  }
}
