import type { AppEvent } from '../../shared/model/app.ts';

/**
 * Carries events from the core to every window. Nothing is kept, since who was away re-queries; but for a link from
 * outside that no window was there for, which the next one gets.
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

/** The hub that all shells share. */
export function createAppEvents(): AppEvents {
  const listeners = new Set<(event: AppEvent) => void>();
  const closing = new AbortController();
  let streams = 0;
  let keptLink: AppEvent | undefined;
  const listen = (listener: (event: AppEvent) => void) => {
    listeners.add(listener);
    return { dispose: () => void listeners.delete(listener) };
  };
  return {
    publish: (event) => {
      if (event.type === 'openLink' && streams === 0) keptLink = event;
      for (const listener of listeners) listener(event);
    },
    listen,
    stream: async function* (signal) {
      const ended = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
      const queue: AppEvent[] = keptLink === undefined ? [] : [keptLink];
      keptLink = undefined;
      streams += 1;
      let wake: (() => void) | undefined;
      const subscription = listen((event) => {
        queue.push(event);
        if (queue.length > longestQueue) queue.shift();
        wake?.();
      });
      const onEnd = () => wake?.();
      ended.addEventListener('abort', onEnd);
      try {
        while (!ended.aborted) {
          const event = queue.shift();
          if (event !== undefined) {
            yield event;
            continue;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        streams -= 1;
        ended.removeEventListener('abort', onEnd);
        subscription.dispose();
      }
    },
    dispose: () => {
      closing.abort();
      listeners.clear();
    },
  };
}
