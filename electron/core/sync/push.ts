import { pushPayloadSchema } from '../../../shared/cloud/wireServices.ts';
import { createBackOff } from './backOff.ts';
import { heldRequest } from './heldRequest.ts';
import type { Fetch } from './httpCloudDatabase.ts';
import type { Timers } from './syncEngine.ts';

/** Hears of changes by others: a stream of server-sent events, and asking now and then while there is none. */
export interface Push {
  start(): void;
  stop(): void;
  /** The server has answered somebody: a pause that was made because it could not be reached is over. */
  reachable(): void;
  /** True while the stream is open: nothing is asked for then. */
  readonly live: boolean;
}

/** Pause between two questions while there is no stream, ms. */
const pollPause = 60_000;
/** A stream that says nothing for this long is dead, and so is a question for one; the server speaks every 20 s. */
const silence = 50_000;
/** An event takes some hundred characters. What is longer is not of our server. */
const longestEvent = 65_536;

export interface PushDependencies {
  readonly fetch: Fetch;
  /** Address of the event stream (docs/protocol.md, 14.2). */
  readonly url: string;
  readonly token: () => string | undefined;
  readonly timers: Timers;
  readonly random: () => number;
  /** Something changed, or may have: a hint, never the change itself. */
  readonly onHint: () => void;
  /** The session ended on the server. */
  readonly onSignedOut: () => void;
  readonly onLive: (live: boolean) => void;
}

export function createPush(deps: PushDependencies): Push {
  const { timers } = deps;
  const backOff = createBackOff(deps.random);
  let stopped = true;
  let live = false;
  let lastEventID: string | undefined;
  /** The try that counts: from the question to the end of its stream. One of before a stop has nothing more to say. */
  let current: AbortController | undefined;
  let retry: unknown;
  /** The last try had no answer at all. */
  let unanswered = false;
  let poll: unknown;

  const setLive = (now: boolean) => {
    if (live === now) return;
    live = now;
    deps.onLive(now);
  };
  const clear = (handle: unknown) => {
    if (handle !== undefined) timers.clear(handle);
  };

  function take(event: string, data: string): void {
    if (event === 'signedOut') deps.onSignedOut();
    else if (event === 'resync') deps.onHint();
    else if (event === 'push' && pushPayloadSchema.safeParse(parse(data)).success) deps.onHint();
  }

  async function listen(controller: AbortController): Promise<void> {
    const token = deps.token();
    unanswered = token !== undefined;
    if (token === undefined) return;
    let quiet = timers.set(() => controller.abort(), silence);
    try {
      const response = await deps.fetch(
        heldRequest(deps.url, {
          headers: {
            authorization: `Bearer ${token}`,
            accept: 'text/event-stream',
            ...(lastEventID === undefined ? {} : { 'last-event-id': lastEventID }),
          },
          signal: controller.signal,
        }),
      );
      if (controller !== current) return;
      unanswered = false;
      if (response.status === 401 || response.status === 421) {
        deps.onSignedOut();
        throw new Error('The session has ended');
      }
      if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
      setLive(true);
      // What happened between two streams is not in the second one.
      deps.onHint();
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of response.body) {
        // Not by its opening alone: one that is cut off before it has said anything is asked for ever more seldom.
        backOff.reset();
        timers.clear(quiet);
        quiet = timers.set(() => controller.abort(), silence);
        text += decoder.decode(chunk, { stream: true });
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const fields = fieldsOf(text.slice(0, end));
          text = text.slice(end + 2);
          if (fields.id !== undefined) lastEventID = fields.id;
          if (fields.event !== undefined) take(fields.event, fields.data ?? '');
        }
        if (text.length > longestEvent) throw new Error('An event without an end');
      }
    } finally {
      timers.clear(quiet);
    }
  }

  function connect(): void {
    const controller = new AbortController();
    current = controller;
    const next = () => again(controller);
    listen(controller).then(next, next);
  }

  function again(ended: AbortController): void {
    // Stopped, and perhaps begun anew, before the stream came to its end.
    if (ended !== current) return;
    current = undefined;
    setLive(false);
    clear(retry);
    retry = timers.set(() => {
      retry = undefined;
      connect();
    }, backOff.next());
    if (poll === undefined) askLater();
  }

  function askLater(): void {
    poll = timers.set(() => {
      poll = undefined;
      if (stopped || live) return;
      deps.onHint();
      askLater();
    }, pollPause);
  }

  return {
    start: () => {
      if (!stopped) return;
      stopped = false;
      connect();
    },
    stop: () => {
      stopped = true;
      current?.abort();
      current = undefined;
      clear(retry);
      clear(poll);
      retry = undefined;
      poll = undefined;
      setLive(false);
    },
    reachable: () => {
      if (stopped || !unanswered || retry === undefined) return;
      clear(retry);
      retry = undefined;
      connect();
    },
    get live() {
      return live;
    },
  };
}

/** The fields of one event block; comments and unknown fields are passed over. */
function fieldsOf(block: string): { id?: string; event?: string; data?: string } {
  const fields: { id?: string; event?: string; data?: string } = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trimStart();
    if (name === 'id' || name === 'event') fields[name] = value;
    else if (name === 'data') fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
  }
  return fields;
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
