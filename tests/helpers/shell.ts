import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oc } from '@orpc/contract';
import { implement } from '@orpc/server';
import { z } from 'zod';
import type { Incoming } from '../../electron/core/library/incoming.ts';
import type { Media, MediaSource } from '../../electron/core/mediaSourcePort.ts';
import { createRouterServer } from '../../electron/core/rpc/routerServer.ts';
import { startShellServer } from '../../electron/headless/shellServer.ts';
import type { ShellServer } from '../../electron/headless/shellServer.ts';
import { AppError } from '../../shared/errors.ts';

export const pingContract = {
  app: { ping: oc.input(z.strictObject({ n: z.int() })).output(z.object({ n: z.int() })) },
};

/** A shell on a real port in front of a one-procedure router and two pictures: `photo-1` in memory, `photo-2` a file. */
export type TestShell = {
  readonly shell: ShellServer;
  readonly base: string;
  readonly clock: { now: number };
  /** What was handed over as bytes: `batch/path` to text. */
  readonly received: ReadonlyMap<string, string>;
  /** Opens a start address and answers the cookie it gave. */
  readonly signIn: () => Promise<string>;
  readonly dispose: () => Promise<void>;
};

export const pictureBytes = new TextEncoder().encode('0123456789abcdefghij');

/** @param contractVersion what the shell says its contract is */
export async function startTestShell(contractVersion = 1): Promise<TestShell> {
  const folder = mkdtempSync(join(tmpdir(), 'shoebox-shell-'));
  const rendererDir = join(folder, 'renderer');
  mkdirSync(join(rendererDir, 'assets'), { recursive: true });
  writeFileSync(
    join(rendererDir, 'index.html'),
    '<!doctype html><title>Shoebox</title><script type="module" src="./assets/app-1.js"></script>',
  );
  writeFileSync(join(rendererDir, 'assets', 'app-1.js'), 'document.title = "ran";');
  writeFileSync(join(rendererDir, '.secret.json'), '{}');
  writeFileSync(join(folder, 'outside.json'), '{"outside":true}');
  const filePath = join(folder, 'picture.bin');
  writeFileSync(filePath, pictureBytes);

  const clock = { now: 1_000_000 };
  const on = implement(pingContract);
  const rpc = createRouterServer(
    on.router({ app: { ping: on.app.ping.handler(({ input }) => ({ n: input.n + 1 })) } }),
    {
      newLogId: () => 'L',
      logFailure: () => undefined,
    },
  );
  const received = new Map<string, string>();
  const incoming: Incoming = {
    receive: async (batch, path, _modifiedAt, bytes) => {
      received.set(`${batch}/${path}`, Buffer.concat(await bytes.toArray()).toString());
    },
    take: (batch) => Promise.resolve(`session of ${batch}`),
    takeLeftovers: () => Promise.resolve(),
    dispose: () => Promise.resolve(),
  };
  const shell = await startShellServer(
    {
      rpc,
      media: createPictures(filePath),
      incoming,
      rendererDir,
      contractVersion,
      now: () => clock.now,
      log: () => undefined,
    },
    0,
  );
  return {
    shell,
    base: `http://127.0.0.1:${shell.port}`,
    clock,
    received,
    signIn: async () => {
      const answer = await fetch(shell.startURL(), { redirect: 'manual' });
      return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    },
    dispose: async () => {
      rpc.dispose();
      await shell.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function createPictures(filePath: string): MediaSource {
  const facts = { size: pictureBytes.length, mime: 'image/webp', etag: 'v1' };
  const pictures: Readonly<Record<string, Media>> = {
    'photo-1': { ...facts, body: { kind: 'bytes', bytes: pictureBytes } },
    'photo-2': { ...facts, body: { kind: 'file', path: filePath }, mime: 'video/mp4' },
    'photo-3': {
      ...facts,
      body: { kind: 'bytes', bytes: pictureBytes },
      mime: 'text/html',
      fileName: 'Ana’s "page".html',
    },
    'photo-4': { ...facts, body: { kind: 'bytes', bytes: new Uint8Array() }, size: 0 },
  };
  return {
    open: (photoID) => {
      const media = pictures[photoID];
      if (photoID === 'crash') return Promise.reject(new Error('/home/ana/secret'));
      if (media === undefined) return Promise.reject(new AppError('notFound', 'There is no such photo.', { photoID }));
      return Promise.resolve(media);
    },
  };
}
