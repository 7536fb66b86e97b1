import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { handOnFile } from '../store/queries/fileHeir.ts';
import { isKeptForRefused } from '../store/queries/refusedFiles.ts';
import { keepSetByHandInZone } from '../store/queries/setByHand.ts';
import type { Store } from '../store/store.ts';
import { noteActivity } from './activityTable.ts';
import { adoptPair } from './adoptPair.ts';
import { firstTag, type Pair } from './firstTag.ts';
import { createCopies } from './copies.ts';
import { createShareRecords, type ShareZone } from './shareRecords.ts';

export interface ShareRecordSinkDependencies {
  /** The connection of the thread that imports. */
  readonly store: Store;
  /** ms since 1970 */
  readonly now: () => number;
  readonly newId: () => string;
  /** The record name of the person this library belongs to. */
  readonly me: () => string;
  /** Names under which pictures of a photo are cached: its original's, its frames', those of its edited versions. */
  readonly pictureKeys: (photoID: string) => readonly string[];
  /** Removes the cached pictures that lie under a name. */
  readonly removePictures: (key: string) => void;
}

/** What sharing does when the sync engine brings a share record, or finds that a zone has gone. */
export interface ShareRecordSink {
  /** In the transaction of the page that brought the record; null when the zone is not shared any more. */
  apply(zone: ShareZone, record: unknown): void;
  /** Brings a photo-tag pair to the photo's zone (adoptPair.ts); inside a transaction. */
  adoptPair(pairID: string, zoneID: string): void;
  /** The tag a pair was made for (firstTag.ts). */
  firstTag(pair: Pair): string | undefined;
  /** Access to a zone has ended, its rows are still here: what is mine alone is brought home. Outside any transaction. */
  zoneEnding(zone: ShareZone, reason: string | null): void;
  /** The rows of the zone are gone: nothing that was made from them may stay readable (docs/sync.md, I21). */
  zoneRemoved(zone: ShareZone): void;
}

interface OrphanedFile {
  readonly id: string;
  readonly path: string;
  readonly folder: string;
  readonly kind: 'watched' | 'originals';
  readonly sha256: string | null;
}

export function createShareRecordSink(deps: ShareRecordSinkDependencies): ShareRecordSink {
  const { store, now, newId, me } = deps;
  const { connection } = store;
  const records = createShareRecords({ connection, now, newId, me });
  const copies = createCopies({ store, now, newId, pause: () => Promise.resolve() });
  const prepared = new Set<string>();

  /** Gives a file to another photo of the same bytes, else lets go of it. A watched file itself is never touched. */
  const release = (file: OrphanedFile): void => {
    if (handOnFile(connection, file)) return;
    if (file.kind === 'originals') {
      connection.statement<[string]>('DELETE FROM file WHERE id = ?').run(file.id);
      rmSync(join(file.folder, file.path), { force: true });
    } else {
      connection
        .statement<[string]>(
          `UPDATE file SET state = 'rejected', reason = 'It went with a share; the file was left where it is.',
             resource_id = NULL, photo_id = NULL WHERE id = ?`,
        )
        .run(file.id);
    }
  };

  const wipeHistory = (zoneID: string): void => {
    const transactions = connection
      .statement<[string], { id: number }>('SELECT DISTINCT transaction_id AS id FROM history_change WHERE zone_id = ?')
      .all(zoneID);
    // A photo that has gone home keeps what was written on it in the share.
    keepSetByHandInZone(connection, zoneID);
    connection.statement<[string]>('DELETE FROM history_change WHERE zone_id = ?').run(zoneID);
    const forgetLabel = connection.statement<[number]>('UPDATE history_transaction SET label = NULL WHERE id = ?');
    for (const { id } of transactions) forgetLabel.run(id);
  };

  const wipeSearch = (): void => {
    const documents = connection
      .statement<[], { number: number }>(
        'SELECT number FROM search_document WHERE photo_id NOT IN (SELECT id FROM photo)',
      )
      .all();
    if (documents.length === 0) return;
    const removeText = connection.statement<[number]>('DELETE FROM search_text WHERE rowid = ?');
    const removeDocument = connection.statement<[number]>('DELETE FROM search_document WHERE number = ?');
    for (const { number } of documents) {
      removeText.run(number);
      removeDocument.run(number);
    }
    // A deletion only marks the words; merging the index drops them.
    connection.statement<[]>(`INSERT INTO search_text (search_text) VALUES ('optimize')`).run();
    connection.statement<[]>('DELETE FROM photo_facet_count WHERE count <= 0').run();
  };

  const wipeFiles = (): void => {
    const files = connection
      .statement<[], OrphanedFile>(
        `SELECT file.id, file.path, folder.path AS folder, folder.kind, file.sha256
         FROM file JOIN folder ON folder.id = file.folder_id
         WHERE file.resource_id IS NOT NULL AND file.resource_id NOT IN (SELECT id FROM resource)
           -- Of this share: what lost its photo otherwise is kept as long as the trash keeps (unownedFiles.ts).
           AND file.sha256 IN (SELECT sha256 FROM forgotten)
           AND NOT ${isKeptForRefused}`,
      )
      .all();
    for (const file of files) release(file);
    const forgotten = connection
      .statement<[], { sha256: string; used: number }>(
        `SELECT sha256, EXISTS (SELECT 1 FROM photo WHERE photo.sha256 = forgotten.sha256)
           OR EXISTS (SELECT 1 FROM resource WHERE resource.sha256 = forgotten.sha256) AS used FROM forgotten`,
      )
      .all();
    for (const { sha256, used } of forgotten) if (used === 0) deps.removePictures(sha256);
    connection.statement<[]>('DELETE FROM forgotten').run();
  };

  return {
    apply: (zone, record) => records.apply(zone, record),
    adoptPair: (pairID, zoneID) => adoptPair(connection, pairID, zoneID, now, newId),
    firstTag: (pair) => firstTag(connection, pair),

    zoneEnding: (zone, reason) => {
      if (prepared.has(zone.id)) return;
      // Who left was asked what to keep; who was removed, or whose owner stopped, was not.
      if (zone.store === 'shared' && reason !== 'LEFT') copies.rescue(zone.id);
      store.transaction('sync', () => {
        const note = connection.statement<[string]>('INSERT OR IGNORE INTO forgotten (sha256) VALUES (?)');
        const photos = connection
          .statement<[string], { id: string }>('SELECT id FROM photo WHERE zone_id = ?')
          .all(zone.id);
        for (const { id } of photos) for (const key of deps.pictureKeys(id)) note.run(key);
        connection
          .statement<[string]>(
            `INSERT OR IGNORE INTO forgotten (sha256) SELECT sha256 FROM resource WHERE zone_id = ? AND sha256 IS NOT NULL`,
          )
          .run(zone.id);
      });
      // Only now: a rescue that failed half way (a full disk) is done again before any row of the zone goes.
      prepared.add(zone.id);
    },

    zoneRemoved: (zone) => {
      prepared.delete(zone.id);
      const share = connection
        .statement<[string], { owner_name: string | null; owner: string | null }>(
          'SELECT owner_name, coalesce(owner_display, owner_email) AS owner FROM share WHERE zone_id = ?',
        )
        .get(zone.id);
      const reason = connection
        .statement<[string], { ended_reason: string | null }>('SELECT ended_reason FROM sync_zone WHERE zone_id = ?')
        .get(zone.id)?.ended_reason;
      wipeHistory(zone.id);
      wipeSearch();
      wipeFiles();
      for (const table of ['share_task', 'activity', 'access_request', 'share_link', 'participant', 'share']) {
        connection.statement<[string]>(`DELETE FROM ${table} WHERE zone_id = ?`).run(zone.id);
      }
      if (zone.store === 'shared' && reason !== 'LEFT') {
        noteActivity(
          connection,
          '',
          { kind: 'ended', actor: share?.owner_name ?? null, actorDisplay: share?.owner ?? null },
          { me: me(), at: now(), id: newId() },
        );
      }
    },
  };
}
