import { inTurn } from '../../electron/core/workers/inTurn.ts';
import { parentPortOfChild, serve } from '../../electron/core/workers/channel.ts';

/** A media worker that misbehaves as its file's name says: what a decoder with a bug does to its process. */
serve(parentPortOfChild(), {
  content: inTurn(async ({ path }: { path: string }) => {
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
  }),
  facts: () => ({}),
  memory: () => ({ rss: process.memoryUsage.rss() }),
  end: () => undefined,
});
