import type { CloudAnswer } from '../../electron/core/sync/httpCloudDatabase.ts';

/** An answer of the server, as it travels. */
export interface SentAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Turns of the microtask queue in which `Request` and `Response` read a body that is there, and look at none. */
const turnsOfBody = 7;
const turnsOfNothing = 2;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

/** Takes as long as the reading of a request's body: one without a body overtakes it, as it does in the app. */
export const readBody = (): Promise<void> => turns(turnsOfBody);

/**
 * What a client reads of an answer. Not a `Response`: its streams take a tenth of all the time a simulation needs, and
 * in the end the body is this text again.
 */
export function answerOf({ status, headers, body }: SentAnswer): CloudAnswer {
  const ok = status >= 200 && status < 300;
  return {
    ok,
    status,
    headers: { get: (name) => headers[name.toLowerCase()] ?? null },
    // Of files, which are not simulated.
    body: null,
    json: async () => {
      await turns(status === 204 ? turnsOfNothing : turnsOfBody);
      return JSON.parse(body) as unknown;
    },
  };
}
