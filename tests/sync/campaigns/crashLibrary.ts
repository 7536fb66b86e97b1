import { randomUUIDv7 } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import { createOriginals } from '../../../electron/core/library/originals.ts';
import { toFileError } from '../../../electron/core/media/fileErrors.ts';
import { picturePath, writePicture } from '../../../electron/core/media/thumbnailCache.ts';
import { createMoves } from '../../../electron/core/sharing/moves.ts';
import { derivedId } from '../../../electron/core/store/derivedId.ts';
import { openStore, type Store } from '../../../electron/core/store/store.ts';
import type { MirrorAccount } from '../../../electron/core/sync/mirror.ts';
import { createHttpRequests } from '../../../electron/core/sync/httpRequests.ts';
import { createSyncHandlers } from '../../../electron/core/workers/syncHandlers.ts';
import type { CrashStep } from './crashScript.ts';

/** Whose library it is, for the mirror. */
export interface CrashAccount {
  readonly account: MirrorAccount;
  readonly token: string;
}

/** A library as the app has it open: the main thread's connection, and the sync worker's parts in this process. */
export interface CrashLibrary {
  readonly store: Store;
  /** Does one step. Doing it again changes nothing more. @throws what the store or the disk says */
  run(step: CrashStep): Promise<void>;
  /** One round with the server, whatever it brings. */
  sync(): Promise<void>;
  /** Rounds until nothing is left to send or to fetch. @returns what is left after too many, in words; empty when done */
  syncToTheEnd(): Promise<string>;
  /** Errors that reached nobody who could handle them. */
  readonly escaped: readonly unknown[];
  close(): void;
}

/** Enough for every retry of one injected fault; more means that something waits for ever. */
const mostRounds = 8;

/** Opens a library and starts mirroring. @throws AppError as opening does */
export function openCrashLibrary(directory: string, { account, token }: CrashAccount): CrashLibrary {
  const escaped: unknown[] = [];
  const reportError = (error: unknown): void => void escaped.push(error);
  const store = openStore({ directory, now: Date.now, newId: randomUUIDv7, reportError });
  const sync = createSyncHandlers({
    requests: createHttpRequests().fetch,
    fetch: (request) => fetch(request),
    now: Date.now,
    random: () => 0.5,
    newId: randomUUIDv7,
    timers: {
      set: (fn, ms) => setTimeout(fn, ms).unref(),
      clear: (handle) => clearTimeout(handle as NodeJS.Timeout),
    },
    reportError,
  });
  const originals = createOriginals({ directory: join(directory, 'originals') });
  const { raw } = store.connection;
  let started = false;
  const handlers = () => {
    if (!started) {
      // Opening the worker's connection may meet the injected fault; the app starts its worker again.
      sync.handlers.start({
        directory,
        account,
        token,
        node: derivedId('node', directory).slice(-12),
        policy: { originals: 'everywhere', cacheLimitBytes: Number.POSITIVE_INFINITY, bytesPerSecond: null },
        paused: false,
      });
      started = true;
    }
    return sync.handlers;
  };

  const addPhoto = async (step: Extract<CrashStep, { kind: 'photo' }>): Promise<void> => {
    const { id, file, picture, at } = step;
    const sha256 = createHash('sha256').update(file).digest('hex');
    const name = `${id}.jpg`;
    const temporary = originals.temporary(name);
    try {
      mkdirSync(dirname(temporary), { recursive: true });
      writeFileSync(temporary, file);
    } catch (error) {
      throw toFileError(error, temporary);
    }
    const path = await originals.place(temporary, name, at, sha256);
    const seen = await stat(join(originals.directory, path), { bigint: true });
    writePicture(picturePath(join(directory, 'cache'), sha256, 'thumb'), picture, 'crash');
    store.transaction('app', () => {
      const folder = derivedId('folder', directory);
      const insert = (table: string, values: Readonly<Record<string, string | number>>): void => {
        raw
          .prepare(
            `INSERT INTO ${table} (${Object.keys(values).join(', ')}) VALUES (${Object.keys(values)
              .map(() => '?')
              .join(', ')}) ON CONFLICT DO NOTHING`,
          )
          .run(...Object.values(values));
      };
      const known = raw.prepare(`SELECT id FROM folder WHERE kind = 'originals'`).get() as { id: string } | undefined;
      if (known === undefined)
        insert('folder', { id: folder, kind: 'originals', path: originals.directory, added_at: at });
      const row = { zone_id: 'library', created_at: at, modified_at: at };
      insert('photo', {
        id,
        ...row,
        kind: 'photo',
        media_type: 'image',
        file_name: name,
        sort_at: at,
        sha256,
        byte_size: file.length,
        taken_at: new Date(at).toISOString().slice(0, 19),
      });
      insert('resource', {
        id: `${id}-original`,
        ...row,
        photo_id: id,
        kind: 'original',
        file_name: name,
        byte_size: file.length,
        sha256,
      });
      insert('file', {
        id: `${id}-file`,
        folder_id: known?.id ?? folder,
        path,
        resource_id: `${id}-original`,
        photo_id: id,
        byte_size: file.length,
        modified_ns: String(seen.mtimeNs),
        changed_ns: String(seen.ctimeNs),
        inode: String(seen.ino),
        device: String(seen.dev),
        sha256,
        state: 'present',
      });
    });
  };

  const round = async (): Promise<void> => {
    handlers().resume({});
    handlers().storeChanged({});
    await handlers().syncNow({});
    store.noticeCommit();
  };
  const left = (): string => {
    const lines = [
      ['changes to send', 'SELECT entity, row_id, kind, state, reason, message FROM sync_pending'],
      ['files to move', `SELECT resource_id, direction, state, reason, message FROM sync_asset WHERE state <> 'done'`],
      ['records set aside', 'SELECT entity, row_id, reason FROM sync_orphan'],
      ['deletions to apply', 'SELECT entity, row_id FROM sync_tombstone'],
      ['edits not accepted', 'SELECT entity, row_id, reason, message FROM sync_refused'],
    ].flatMap(([what, sql = '']) => {
      const rows = raw.prepare(sql).all();
      return rows.length === 0 ? [] : [`${rows.length} ${what}: ${JSON.stringify(rows.slice(0, 2))}`];
    });
    return lines.join('; ');
  };

  return {
    store,
    escaped,
    run: async (step) => {
      switch (step.kind) {
        case 'write':
          store.transaction('app', () => {
            for (const { sql, values } of step.statements) raw.prepare(sql).run(...values);
          });
          return;
        case 'photo':
          await addPhoto(step);
          return;
        case 'move': {
          let made = 0;
          const moves = createMoves({
            store,
            now: () => step.at,
            newId: () => {
              made += 1;
              return derivedId('moved', step.photoID, String(made));
            },
            pause: () => Promise.resolve(),
          });
          await moves.photos([step.photoID], step.zone);
          return;
        }
        case 'sync':
          await round();
      }
    },
    sync: round,
    syncToTheEnd: async () => {
      let rest = '';
      for (let rounds = 0; rounds < mostRounds; rounds += 1) {
        await round();
        rest = left();
        if (rest === '') return '';
      }
      return rest;
    },
    close: () => {
      sync.dispose();
      store.dispose();
    },
  };
}
