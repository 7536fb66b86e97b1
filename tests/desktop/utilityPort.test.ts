import { EventEmitter } from 'node:events';
import type { UtilityProcess } from 'electron';
import { expect, test } from 'vitest';
import { utilityPort, utilityWorkers } from '../../electron/desktop/utilityPort.ts';

/** As much of a utility process as a port uses. */
function makeChild() {
  const events = new EventEmitter();
  const sent: unknown[] = [];
  let killed = false;
  const child = Object.assign(events, {
    pid: 4711,
    postMessage: (message: unknown) => void sent.push(message),
    kill: () => (killed = true),
  }) as unknown as UtilityProcess;
  return { child, events, sent, isKilled: () => killed };
}

test('a worker in a utility process is spoken to, heard, and ended', () => {
  const { child, events, sent, isKilled } = makeChild();
  const port = utilityPort(child);
  const heard: unknown[] = [];
  port.onMessage((message) => heard.push(message));
  port.send({ ask: 1 });
  events.emit('message', { answer: 1 });
  expect(port.pid).toBe(4711);
  expect(sent).toEqual([{ ask: 1 }]);
  expect(heard).toEqual([{ answer: 1 }]);
  port.kill();
  expect(isKilled()).toBe(true);
});

test('a worker that has died is not spoken to any more, and its end is told', () => {
  const { child, events, sent } = makeChild();
  const port = utilityPort(child);
  const ends: string[] = [];
  port.onExit((reason) => ends.push(reason));
  events.emit('exit', 139);
  port.send({ ask: 1 });
  expect(ends).toEqual(['exit 139']);
  expect(sent).toEqual([]);
});

test('processes through which photos go are started with room for their bytes, and the one that mirrors with a small heap', () => {
  const started: { entry: string; name: string; flags: readonly string[] }[] = [];
  const workers = utilityWorkers((path, name, flags) => {
    started.push({ entry: path.split('/').at(-1) ?? '', name, flags });
    return makeChild().child;
  });
  workers.media();
  workers.scan();
  workers.sync();
  const room = '--initial-old-space-size=64';
  expect(started).toEqual([
    { entry: 'mediaWorker.ts', name: 'Shoebox Pictures', flags: [room] },
    { entry: 'scanWorker.ts', name: 'Shoebox Folders', flags: [] },
    { entry: 'syncWorker.ts', name: 'Shoebox Sync', flags: [room, '--max-semi-space-size=2'] },
  ]);
});
