import { errorMessage } from '../../shared/errors.ts';
import type { Log, MailPort, Timers } from '../cloud/context.ts';
import type { ServerConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import { waitAtMost } from '../waitAtMost.ts';
import { requireLeft, spend } from './rateLimits.ts';

/** A letter as it is asked for; what it says is made when its turn comes. */
export interface Posting {
  readonly kind: 'verification' | 'known address' | 'reset' | 'invitation';
  /** E-mail address, lower case. */
  readonly to: string;
  /** The person who causes it, where it is another than who gets it: their letters are counted as well. */
  readonly sender?: string;
  /** `spend` was called for it, so that a refusal could be told. */
  readonly isSpent?: boolean;
  /** Undefined: there is nobody to write to after all. */
  readonly write: () => Promise<{ readonly subject: string; readonly text: string } | undefined>;
}

/** The one way out for letters. */
export interface LetterBox {
  /**
   * Counts a letter to an e-mail address that somebody asks for without being signed in. Where they ask from is counted
   * first: over its limit it leaves no row for each further address it names.
   * @param from network address
   * @throws CloudError THROTTLED, alike for addresses with and without an account
   */
  spend(to: string, from: string): Promise<void>;
  /**
   * Sends a letter after the answer to whoever caused it: a mail server that hangs holds nobody up, and the time an answer
   * takes does not tell whether there was a letter to send. Never throws; what goes wrong is in the log.
   */
  post(posting: Posting): void;
  /** Resolves once everything posted so far is sent, or could not be. */
  idle(): Promise<void>;
  /** The same for a server that stops, which waits a little and not for ever. */
  dispose(): Promise<void>;
}

const window = 3_600_000;
/**
 * Letters one person may cause, and one network address ask for, in the time one address gets the configured number: a share
 * has many people, and a network too.
 */
const sendersShare = 20;
/** How long a server that stops waits for its letters, ms. */
const patience = 5000;

export function createLetterBox(deps: {
  readonly database: Database;
  readonly mail: MailPort;
  readonly log: Log;
  readonly clock: () => number;
  readonly timers: Timers | undefined;
  readonly config: Pick<ServerConfig, 'rateLimits'>;
}): LetterBox {
  const { database, mail, log, clock, timers } = deps;
  const { mail: limit } = deps.config.rateLimits;
  const pending = new Set<Promise<void>>();

  const count = (key: string, most: number): Promise<void> =>
    spend(database, { key, limit: most, windowMs: window, now: clock() });
  const pause = (ms: number): Promise<void> =>
    timers === undefined ? Promise.resolve() : new Promise((resolve) => void timers.setTimeout(resolve, ms));

  const send = async ({ kind, to, sender, isSpent, write }: Posting): Promise<void> => {
    await pause(0);
    try {
      if (sender !== undefined) await count(`mail by\t${sender}`, limit * sendersShare);
      if (isSpent !== true) await count(`mail\t${to}`, limit);
      const letter = await write();
      if (letter !== undefined) await mail.send({ to, ...letter });
    } catch (error) {
      // Mail servers like to repeat the address they refuse.
      const message = errorMessage(error).replaceAll(/[^\s<>@"']+@[^\s<>@"',;:]+/g, '[address]');
      log.warn({ kind, error: message }, 'a letter could not be sent');
    }
  };
  const idle = async (): Promise<void> => {
    while (pending.size > 0) await Promise.all(pending);
  };

  return {
    async spend(to, from) {
      const network = { key: `mail from\t${from}`, limit: limit * sendersShare, windowMs: window, now: clock() };
      // Looked at first and counted last: what is refused for its address uses up nothing of its network's.
      await requireLeft(database, network);
      await count(`mail\t${to}`, limit);
      await spend(database, network);
    },
    post(posting) {
      const sending = send(posting).finally(() => pending.delete(sending));
      pending.add(sending);
    },
    idle,
    async dispose() {
      await waitAtMost(timers, patience, idle());
      if (pending.size > 0) log.warn({ letters: pending.size }, 'stopped before all letters were sent');
    },
  };
}
