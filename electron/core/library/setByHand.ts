import type { Connection } from '../store/connection.ts';

/** Facts of a file that a person may also set. A later reading of the file leaves those alone that somebody has set. */
const settable = ['taken_at', 'taken_offset', 'latitude', 'longitude', 'title', 'caption'] as const;
const settableList = settable.map((column) => `'${column}'`).join(', ');

/** Of a change of a photo by a person, here or on another computer, a column that they may set. */
const isByPerson = `change.entity = 'Photo' AND change.kind = 'update' AND made.author IN ('app', 'sync')
  AND changed.key IN (${settableList})`;

/** @returns the columns of a photo that a person has set, here or on another computer */
export function setByHand({ statement }: Connection, photoID: string): ReadonlySet<string> {
  const rows = statement<[string, string], { column_name: string }>(
    `SELECT column_name FROM set_by_hand WHERE photo_id = ?
     UNION SELECT changed.key FROM history_change AS change
       JOIN history_transaction AS made ON made.id = change.transaction_id
       JOIN json_each(change."values") AS changed
      WHERE change.row_id = ? AND ${isByPerson}`,
  ).all(photoID, photoID);
  return new Set(rows.map(({ column_name: column }) => column));
}

/**
 * Keeps what history from before a time (ms) says of columns set by hand. Call it in the transaction that purges that history.
 */
export function keepSetByHand({ statement }: Connection, before: number): void {
  // CROSS: from the transactions, of which few are that old, to their changes; the planner would go the other way.
  statement<[number]>(
    `INSERT OR IGNORE INTO set_by_hand (photo_id, column_name)
     SELECT change.row_id, changed.key FROM history_transaction AS made
       CROSS JOIN history_change AS change ON change.transaction_id = made.id
       JOIN json_each(change."values") AS changed
      WHERE made.at < ? AND ${isByPerson} AND change.row_id IN (SELECT id FROM photo)`,
  ).run(before);
}
