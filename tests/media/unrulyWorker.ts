import { inTurn } from '../../electron/core/workers/inTurn.ts';
import { parentPortOfChild, serve } from '../../electron/core/workers/channel.ts';

/* A media worker that misbehaves as its file's name says: what a decoder with a bug does to its process. */

const inItsTurn = inTurn(async ({ path }: { path: string }) => {
  if (path.includes('slow')) await new Promise((resolve) => void setTimeout(resolve, 400));
  if (path.includes('segfault')) process.kill(process.pid, 'SIGSEGV');
  if (path.includes('hang')) for (;;) Math.sqrt(2);
  if (path.includes('hog')) {
    const held: Buffer[] = [];
    for (;;) {
      held.push(Buffer.alloc(32 * 1024 * 1024, held.length));
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }
  return { sha256: path };
});

serve(parentPortOfChild(), {
  content: (request: { path: string }, signal) => {
    // Read as soon as it comes, before its turn to be drawn, from a disk that does not answer.
    if (request.path.includes('stuck')) for (;;) Math.sqrt(2);
    return inItsTurn(request, signal);
  },
  facts: () => ({}),
  memory: () => ({ rss: process.memoryUsage.rss() }),
  end: () => undefined,
});
