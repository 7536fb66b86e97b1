import type { Connection } from '../store/connection.ts';

/** Files of a row of `resource` where they lay when last seen: its own, or those of any photo with the same bytes. */
const own = 'SELECT rowid FROM file INDEXED BY file_resource WHERE resource_id = resource.id';
const sameBytes = 'SELECT rowid FROM file INDEXED BY file_sha256 WHERE sha256 = resource.sha256';
const lies = (which: string, folder: 'available' | 'unavailable') =>
  `EXISTS (SELECT 1 FROM file CROSS JOIN folder ON folder.id = file.folder_id
    WHERE file.rowid IN (${which}) AND file.state IN ('present', 'sidecar') AND folder.state = '${folder}')`;

/** The server holds exactly these bytes: sent, brought from there before, or waiting there. */
const onServer = `EXISTS (SELECT 1 FROM sync_asset AS asset WHERE asset.resource_id = resource.id
    AND asset.sha256 = resource.sha256 AND (asset.state = 'done' OR asset.direction = 'download'))`;

/**
 * Where the bytes of a row of `resource` are. Its own file counts first. One that lies on the server stays so while only
 * another photo has the bytes here: whoever reads it finds them (heldBytes.ts), but they may go with that photo, and while it
 * counted as here the other's file could not be let go of. What is gone here is on the server again if that holds it. A disk
 * that cannot be reached is expected back, and nothing is brought in its place.
 */
const stateNow = `CASE
  WHEN ${lies(own, 'available')} THEN 'here'
  WHEN local_state = 'remote' THEN 'remote'
  WHEN ${lies(sameBytes, 'available')} THEN 'here'
  WHEN ${onServer} AND NOT ${lies(`${own} UNION ALL ${sameBytes}`, 'unavailable')} THEN 'remote'
  ELSE 'missing' END`;

/** SQL that keeps `resource.local_state` true to the files and their folders. Only inside an `ingest` transaction. */
export function createLocalState(connection: Connection) {
  /**
   * The plus before a state keeps SQLite from going through all transfers of it; the chosen few are found by their ids.
   * @param chosen SELECT of ids of `resource`
   */
  const refresh = (chosen: string, parameters: readonly string[]): void => {
    connection
      .statement<string[]>(`UPDATE resource SET local_state = ${stateNow} WHERE id IN (${chosen})`)
      .run(...parameters);
    // To be brought when it is asked for, which is refused of what counts as brought (sync/assetTransfer.ts).
    connection
      .statement<string[]>(
        `UPDATE sync_asset SET direction = 'download', state = 'queued', upload_url = NULL, attempts = 0, not_before = 0
         WHERE +state = 'done' AND resource_id IN (${chosen})
           AND EXISTS (SELECT 1 FROM resource WHERE resource.id = sync_asset.resource_id
             AND resource.sha256 = sync_asset.sha256 AND resource.local_state = 'remote')`,
      )
      .run(...parameters);
    // The very bytes are back: nothing is to be brought.
    connection
      .statement<string[]>(
        `UPDATE sync_asset SET state = 'done', reason = NULL, message = NULL
         WHERE +state = 'queued' AND direction = 'download' AND resource_id IN (${chosen})
           AND EXISTS (SELECT 1 FROM resource WHERE resource.id = sync_asset.resource_id
             AND resource.sha256 = sync_asset.sha256 AND resource.local_state = 'here'
             AND ${lies(sameBytes, 'available')})`,
      )
      .run(...parameters);
  };

  return {
    /**
     * Says of a resource, and of those of other photos with the same bytes, whether any file of it can be reached, from the
     * files and their folders.
     */
    refreshResource: (resourceID: string): void => {
      refresh(
        `SELECT ? UNION ALL SELECT same.id FROM resource AS own JOIN resource AS same ON same.sha256 = own.sha256
         WHERE own.id = ?`,
        [resourceID, resourceID],
      );
    },
    /** The same for every resource with these bytes: a file of them has gone or changed. */
    refreshBytes: (sha256: string): void => {
      refresh('SELECT id FROM resource WHERE sha256 = ?', [sha256]);
    },
    refreshFolderResources: (folderID: string): void => {
      refresh(
        `SELECT resource_id FROM file WHERE folder_id = ?
         UNION SELECT same.id FROM file JOIN resource AS same ON same.sha256 = file.sha256 WHERE file.folder_id = ?`,
        [folderID, folderID],
      );
    },
  };
}
