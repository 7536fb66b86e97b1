import type { Connection } from '../connection.ts';

/** Facts of a file that a person may also set. A later reading of the file leaves those alone that somebody has set. */
const settable = ['taken_at', 'taken_offset', 'latitude', 'longitude', 'title', 'caption'] as const;
const settableList = settable.map((column) => `'${column}'`).join(', ');
const settableValues = settable.map((column) => `'${column}', photo.${column}`).join(', ');

/** Of a change of a photo, that it was not read from a file here. */
const isNotOfFile = `change.entity = 'Photo' AND made.author IN ('app', 'sync')`;

/**
 * Columns that history knows as set by hand, here or on another computer: those that were changed, and what there is of a photo
 * that came whole (from another computer, or as a copy of another photo): nobody knows any more which of it a person wrote.
 * @param from history_change AS change and history_transaction AS made, joined
 */
const fromHistory = (from: string, where: string): string => `
  SELECT change.row_id AS photo_id, fact.key AS column_name
    FROM ${from} JOIN json_each(change."values") AS fact
   WHERE ${where} AND ${isNotOfFile} AND change.kind = 'update' AND fact.key IN (${settableList})
  UNION
  SELECT photo.id, fact.key
    FROM ${from} JOIN photo ON photo.id = change.row_id JOIN json_each(json_object(${settableValues})) AS fact
   WHERE ${where} AND ${isNotOfFile} AND change.kind = 'insert' AND fact.type <> 'null'`;

const ofChanges = 'history_change AS change JOIN history_transaction AS made ON made.id = change.transaction_id';
/** CROSS: from the transactions, of which few are old, to their changes; the planner would go the other way. */
const ofTransactions =
  'history_transaction AS made CROSS JOIN history_change AS change ON change.transaction_id = made.id';

/** @returns the columns of a photo that a person has set, here or on another computer */
export function setByHand({ statement }: Connection, photoID: string): ReadonlySet<string> {
  const rows = statement<[string, string, string], { column_name: string }>(
    `SELECT column_name FROM set_by_hand WHERE photo_id = ?
     UNION SELECT column_name FROM (${fromHistory(ofChanges, 'change.row_id = ?')})`,
  ).all(photoID, photoID, photoID);
  return new Set(rows.map(({ column_name: column }) => column));
}

const keep = (connection: Connection, from: string, where: string, value: string | number): void => {
  connection
    .statement<[string | number, string | number]>(
      `INSERT OR IGNORE INTO set_by_hand (photo_id, column_name)
       SELECT photo_id, column_name FROM (${fromHistory(from, where)}) WHERE photo_id IN (SELECT id FROM photo)`,
    )
    .run(value, value);
};

/** Keeps what history from before a time (ms) says of columns set by hand. Call it in the transaction that purges that history. */
export function keepSetByHand(connection: Connection, before: number): void {
  keep(connection, ofTransactions, 'made.at < ?', before);
}

/** The same for what happened in a zone, before the history of that zone goes. */
export function keepSetByHandInZone(connection: Connection, zoneID: string): void {
  keep(connection, ofChanges, 'change.zone_id = ?', zoneID);
}
