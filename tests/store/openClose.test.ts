import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { temporaryFolder, type TemporaryFolder } from '../helpers/temporaryFolder.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder('open');
});
afterEach(() => folder.dispose());

const open = (options: { worker?: boolean } = {}): Store =>
  openStore({ directory: folder.path, now: () => 1, newId: () => crypto.randomUUID(), ...options });

async function holder(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, '../helpers/holdLibrary.ts'), [folder.path], { stdio: 'inherit' });
  const [message] = (await once(child, 'message')) as [string];
  expect(message).toBe('open');
  return child;
}

test('a second process is refused with the first one’s number, and may open once that has ended', async () => {
  const child = await holder();
  expect(() => open()).toThrow(
    expect.objectContaining({
      code: 'libraryLocked',
      data: { pid: child.pid },
      message: expect.stringContaining(String(child.pid)),
    }),
  );
  child.send('close');
  await once(child, 'exit');
  open().dispose();
});

test('a process that is killed leaves no lock behind, and what it committed is there', async () => {
  const child = await holder();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const store = open();
  expect(store.meta('written')).toBe('yes');
  store.dispose();
});

test('a worker’s connection needs no lock of its own and sees what is committed', () => {
  const store = open();
  const worker = open({ worker: true });
  store.setMeta('greeting', 'hello');
  expect(worker.meta('greeting')).toBe('hello');
  worker.dispose();
  store.dispose();
});

test('a library keeps its identity and its two stores over restarts', () => {
  const first = open();
  const identity = first.meta('libraryID');
  const stores = first.connection.statement('SELECT name, identifier FROM store ORDER BY name').all();
  first.dispose();
  const second = open();
  expect(second.meta('libraryID')).toBe(identity);
  expect(second.connection.statement('SELECT name, identifier FROM store ORDER BY name').all()).toEqual(stores);
  second.dispose();
});

test('closing empties the write-ahead log into the library', () => {
  const store = open();
  store.setMeta('a', 'b');
  store.dispose();
  expect(existsSync(join(folder.path, 'library.sqlite-wal'))).toBe(false);
});

test('a file that is no library is refused in words and left as it is', () => {
  const path = join(folder.path, 'library.sqlite');
  writeFileSync(path, 'this is a letter to grandmother, not a database'.repeat(100));
  const before = readFileSync(path);
  expect(() => open()).toThrow(expect.objectContaining({ code: 'libraryCorrupt' }));
  expect(readFileSync(path).equals(before)).toBe(true);
  // The lock was let go of.
  expect(() => open()).toThrow(expect.objectContaining({ code: 'libraryCorrupt' }));
});

test('a folder that cannot be made says which', () => {
  const file = join(folder.path, 'file');
  writeFileSync(file, '');
  expect(() => openStore({ directory: join(file, 'library'), now: () => 1, newId: () => 'x' })).toThrow(
    expect.objectContaining({ code: 'libraryReadOnly', message: expect.stringContaining(join(file, 'library')) }),
  );
  chmodSync(file, 0o600);
});

test('commits are made durable only where asked, also when the work fails', () => {
  const store = open();
  const level = () => store.connection.raw.pragma('synchronous', { simple: true });
  expect(level()).toBe(1);
  expect(store.withFullSync(level)).toBe(2);
  expect(() =>
    store.withFullSync(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(level()).toBe(1);
  store.dispose();
});

test('a writer that waits too long for another says so', () => {
  const store = open();
  const worker = open({ worker: true });
  worker.connection.raw.exec('BEGIN IMMEDIATE');
  store.connection.raw.pragma('busy_timeout = 50');
  expect(() => store.transaction('app', () => undefined)).toThrow(expect.objectContaining({ code: 'timedOut' }));
  worker.connection.raw.exec('ROLLBACK');
  store.transaction('app', () => undefined);
  worker.dispose();
  store.dispose();
});
