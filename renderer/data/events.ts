import type { QueryClient } from '@tanstack/react-query';
import type { AppEvent } from '../../shared/model/app.ts';
import type { Bridge } from '../bridge/bridge.ts';

export type EventsDeps = {
  readonly bridge: Bridge;
  readonly queryClient: QueryClient;
  readonly reloadPhotos: () => void;
  readonly readSettings: () => Promise<void>;
  readonly setTimer: (run: () => void, milliseconds: number) => number;
  readonly clearTimer: (timer: number) => void;
  /** Nothing in the window took a link from outside: the person who clicked it has to be told. */
  readonly linkLeft: () => void;
};

/** Events features listen to: a menu command, a share link that arrived from outside, how far a share step is. */
export type WindowEvent = Extract<AppEvent, { type: 'command' | 'openLink' | 'shareProgress' }>;

/** Name under which such events are sent on `window`, as a CustomEvent with the event as detail. */
export const windowEventName = 'shoebox:event';

/** What changes after a calm while is a single step of somebody, here or on another computer, and shows this soon; ms. */
const firstQuietTime = 50;
const quietTime = 150;
/** An import never leaves that much quiet: the first change waits no longer than this; ms. */
const longestWait = 1_000;
/** It is calm so long after a reading; ms. Changes that keep coming begin to be waited for sooner than that. */
const calmAfter = longestWait;
/** In the meta of a query that is asked when its view opens, and not at every change of the library: its answer is one. */
export const onceKey = 'once';

/** How often a link is offered until something takes it (with `preventDefault`), and the pause between; ms. */
const linkTries = 100;
const linkPause = 100;

/**
 * Follows the core's events for as long as the window lives. They say that something changed, never what: lists are read
 * again a moment later, together. After a broken connection everything is read again, since events may have been missed.
 * @returns stops following
 */
export function followEvents(deps: EventsDeps): () => void {
  const { bridge, queryClient } = deps;
  let abort = new AbortController();
  let disposed = false;
  let quiet = 0;
  /** How long no change must come before the reading that is waited for. */
  let quietFor = firstQuietTime;
  let ceiling: number | null = null;
  /** Runs until it is calm. */
  let calming: number | null = null;
  let retry = 0;
  let offering = 0;

  function changed(): void {
    // Chosen with the first change: an import that goes on for long does not become calm while it is waited for.
    if (ceiling === null) quietFor = calming === null ? firstQuietTime : quietTime;
    deps.clearTimer(quiet);
    quiet = deps.setTimer(() => readAgain(true), quietFor);
    // What still reads by then goes on: begun anew each time, a slow reading would never come to its end.
    ceiling ??= deps.setTimer(() => readAgain(false), longestWait);
  }

  function readAgain(cancelRefetch: boolean): void {
    stopWaiting();
    calming = deps.setTimer(() => (calming = null), calmAfter);
    deps.reloadPhotos();
    void queryClient.invalidateQueries(
      { predicate: ({ queryKey, meta }) => !isStatic(queryKey) && meta?.[onceKey] !== true },
      { cancelRefetch },
    );
  }

  function stopWaiting(): void {
    deps.clearTimer(quiet);
    if (ceiling !== null) deps.clearTimer(ceiling);
    ceiling = null;
    if (calming !== null) deps.clearTimer(calming);
    calming = null;
  }

  function readSettings(): void {
    deps.readSettings().catch(() => undefined);
  }

  function handle(event: AppEvent): void {
    switch (event.type) {
      case 'storeChanged':
      case 'sharingChanged':
        changed();
        break;
      case 'importProgress':
        void queryClient.invalidateQueries({ predicate: ({ queryKey }) => isCall(queryKey, 'library') });
        break;
      case 'foldersChanged':
        void queryClient.invalidateQueries({ predicate: ({ queryKey }) => isCall(queryKey, 'library') });
        break;
      case 'syncStatusChanged':
        void queryClient.invalidateQueries({
          predicate: ({ queryKey }) => isCall(queryKey, 'sync') || isCall(queryKey, 'account'),
        });
        break;
      case 'settingsChanged':
        readSettings();
        break;
      case 'openLink':
        offer(event, linkTries);
        break;
      case 'shareProgress':
      case 'command':
        window.dispatchEvent(new CustomEvent<WindowEvent>(windowEventName, { detail: event }));
        break;
    }
  }

  /** A link may have started the app, and comes before the part of the window that opens links is there. */
  function offer(event: WindowEvent, tries: number): void {
    deps.clearTimer(offering);
    const isFree = window.dispatchEvent(
      new CustomEvent<WindowEvent>(windowEventName, { detail: event, cancelable: true }),
    );
    if (!isFree || disposed) return;
    if (tries > 0) offering = deps.setTimer(() => offer(event, tries - 1), linkPause);
    else deps.linkLeft();
  }

  async function follow(signal: AbortSignal): Promise<void> {
    try {
      for await (const event of await bridge.client.app.events({}, { signal })) {
        if (signal.aborted) return;
        handle(event);
      }
    } catch {
      // The connection broke or the app stopped; the bridge says which and tries again.
    }
    if (!signal.aborted && !disposed) retry = deps.setTimer(restart, 1_000);
  }

  function restart(): void {
    if (disposed) return;
    deps.clearTimer(retry);
    abort.abort();
    abort = new AbortController();
    void follow(abort.signal);
  }

  restart();
  let last = bridge.connection.state();
  const unsubscribe = bridge.connection.subscribe(() => {
    const state = bridge.connection.state();
    if (state === 'open' && last !== 'connecting') {
      restart();
      changed();
      readSettings();
    }
    last = state;
  });

  return () => {
    disposed = true;
    unsubscribe();
    abort.abort();
    stopWaiting();
    deps.clearTimer(retry);
    deps.clearTimer(offering);
  };
}

/** oRPC's query keys start with the path of the call. */
function isCall(key: readonly unknown[], slice: string): boolean {
  return Array.isArray(key[0]) && key[0][0] === slice;
}

function isStatic(key: readonly unknown[]): boolean {
  return isCall(key, 'app');
}
