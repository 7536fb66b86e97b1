import { randomUUIDv7 } from 'node:crypto';
import { createHttpRequests } from '../sync/httpRequests.ts';
import { parentPortOfChild, serve } from './channel.ts';
import { createSyncHandlers } from './syncHandlers.ts';

/** The sync worker: its own connection to the library, the network, merging. A thread, or a process of its own. */
const { handlers } = createSyncHandlers({
  requests: createHttpRequests().fetch,
  fetch: (request) => fetch(request),
  now: Date.now,
  random: Math.random,
  newId: randomUUIDv7,
  timers: {
    set: (fn, ms) => setTimeout(fn, ms),
    clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
  },
  reportError: (error) => console.error(error),
});

serve(parentPortOfChild(), handlers);
