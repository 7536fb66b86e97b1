import type { AppEvent } from '../../shared/model/app.ts';

/**
 * Carries events from the core to every window. Nothing is kept, since who was away re-queries; but for a link from
 * outside, which is kept until a window has had the time to open it: the next one gets what none was there for, and what
 * one got that went away at once.
 */
export interface AppEvents {
  publish(event: AppEvent): void;
  /** A stream of events from now on; ends when `signal` aborts or the hub is disposed. */
  stream(signal?: AbortSignal): AsyncGenerator<AppEvent, void, void>;
  listen(listener: (event: AppEvent) => void): { dispose(): void };
  dispose(): void;
}

/** A reader this far behind is not reading; its oldest events go, which costs nothing but a re-query. */
const longestQueue = 1_000;

/**
 * A stream that lived on for this long after the link went out had a page that opened it, ms: as long as a page goes on
 * offering it (renderer/data/events.ts). A page tells nothing back, and its connection reads ahead of it, so time is all
 * there is to go by. Who closes a window sooner may see the link again in the next one; it only shows a preview.
 */
const linkSettles = 10_000;
/** A link that this many streams ended with may be why they ended. */
const mostLosses = 3;

/** The last link from outside, and the streams that have it. */
type HeldLink = { readonly event: AppEvent; readonly readers: Set<Reader>; losses: number };
type Reader = {
  readonly push: (event: AppEvent) => void;
  /** When it had sent the link on, which asking for the next event says. */
  linkSent: number | undefined;
};

/** The hub that all shells share. @param now wall clock in ms */
export function createAppEvents(now: () => number = Date.now): AppEvents {
  const listeners = new Set<(event: AppEvent) => void>();
  const readers = new Set<Reader>();
  const closing = new AbortController();
  let held: HeldLink | undefined;
  const publish = (event: AppEvent) => {
    if (event.type === 'openLink') held = { event, readers: new Set(readers), losses: 0 };
    for (const reader of readers) reader.push(event);
    for (const listener of listeners) listener(event);
  };
  const giveLink = (link: HeldLink, reader: Reader) => {
    link.readers.add(reader);
    reader.push(link.event);
  };
  const arrive = (reader: Reader) => {
    readers.add(reader);
    if (held?.readers.size === 0) giveLink(held, reader);
  };
  const leave = (reader: Reader) => {
    readers.delete(reader);
    if (held?.readers.delete(reader) !== true) return;
    if (reader.linkSent !== undefined && now() - reader.linkSent >= linkSettles) {
      held = undefined;
      return;
    }
    if (held.readers.size > 0) return;
    held.losses += 1;
    if (held.losses === mostLosses) held = undefined;
    // The next page may be there already, while the connection of the one before it is still being taken down.
    else for (const other of readers) giveLink(held, other);
  };
  return {
    publish,
    listen: (listener) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
    stream: async function* (signal) {
      const ended = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
      const queue: AppEvent[] = [];
      let wake: (() => void) | undefined;
      const reader: Reader = {
        push: (event) => {
          queue.push(event);
          if (queue.length > longestQueue) queue.shift();
          wake?.();
        },
        linkSent: undefined,
      };
      arrive(reader);
      const onEnd = () => wake?.();
      ended.addEventListener('abort', onEnd);
      try {
        while (!ended.aborted) {
          const event = queue.shift();
          if (event !== undefined) {
            yield event;
            if (event === held?.event) reader.linkSent = now();
            continue;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        ended.removeEventListener('abort', onEnd);
        leave(reader);
      }
    },
    dispose: () => {
      closing.abort();
      listeners.clear();
    },
  };
}
