import { photoTagID } from '../store/derivedId.ts';
import type { Connection } from '../store/connection.ts';
import type { tagTable } from './tagTable.ts';

/** A pair that went with its tag, as history remembers it. */
export interface LostPair {
  readonly id: string;
  readonly zone_id: string;
  readonly photo_id: string;
  readonly created_by: string | null;
  readonly created_at: number;
}

/** One of those, and whether what became of it has been somebody's choice since. */
export interface SettledPair extends LostPair {
  readonly settled: boolean;
}

interface SettledRow {
  readonly row_id: string;
  readonly zone_id: string;
  readonly values: string;
  readonly settled: number;
}

const settledPair = (row: SettledRow): SettledPair => ({
  id: row.row_id,
  zone_id: row.zone_id,
  settled: row.settled !== 0,
  ...(JSON.parse(row.values) as Pick<LostPair, 'photo_id' | 'created_by' | 'created_at'>),
});

/** Photos off which somebody has taken a tag after a transaction; both to be bound, the transaction first. */
const takenOff = `off (photo_id) AS MATERIALIZED (
  SELECT json_extract(c."values", '$.photo_id') FROM history_change AS c
  JOIN history_transaction AS t ON t.id = c.transaction_id
  WHERE c.transaction_id > ? AND c.entity = 'PhotoTag' AND c.kind = 'delete' AND t.author <> 'maintenance'
    AND json_extract(c."values", '$.tag_id') = ?)`;

/** A pair that went has been here again since, or is of a photo in `off`. */
const settled = (gone: string): string => `
  EXISTS (SELECT 1 FROM history_change AS later WHERE later.row_id = ${gone}.row_id AND later.id > ${gone}.id)
    OR json_extract(${gone}."values", '$.photo_id') IN off AS settled`;

/** A pair that went hung on another tag, to be bound, at some time. */
const hungOn = (gone: string): string => `
  SELECT 1 FROM history_change AS was WHERE was.row_id = ${gone}.row_id AND was.kind = 'update'
    AND json_extract(was."values", '$.tag_id') = ?`;

/** The photo-tag pairs that are gone, as far as history tells why, and the way back. Writes belong in a maintenance transaction. */
export function lostPairTable(
  connection: Connection,
  tags: Pick<ReturnType<typeof tagTable>, 'familyOf' | 'goneWith'>,
) {
  const { familyOf, goneWith } = tags;
  return {
    /**
     * Pairs that were repointed from `loser` to a winner that is gone, or to what that was merged into, and went with it, in
     * one transaction, and those that were taken away because the photo carried the winner already, until that was taken away
     * elsewhere, or came back as another double of the winner and went with that. Whose they were, the loser's or one's that
     * had been merged into it before, history tells, or the pair's id: that names its first tag, which is one of another zone
     * where the photo has been moved since. What became of it after that was somebody's choice.
     */
    lostPairs: (winner: string, loser: string): LostPair[] => {
      const family = familyOf(loser);
      const { winners } = goneWith(winner);
      return connection
        .statement<[string, string, string], { row_id: string; zone_id: string; values: string; hung: number }>(
          `WITH winner (id) AS MATERIALIZED (SELECT value FROM json_each(?)),
             own (id) AS MATERIALIZED (SELECT id FROM winner UNION VALUES (?))
           SELECT c.row_id, c.zone_id, c."values", EXISTS (
               SELECT 1 FROM history_change AS was WHERE was.row_id = c.row_id AND was.entity = 'PhotoTag'
                 AND json_extract(was."values", '$.tag_id') IN (SELECT value FROM json_each(?))) AS hung
           FROM history_change AS c
           JOIN history_transaction AS t ON t.id = c.transaction_id
           WHERE c.entity = 'PhotoTag' AND c.kind = 'delete'
             AND NOT EXISTS (SELECT 1 FROM history_change AS later WHERE later.row_id = c.row_id AND later.id > c.id)
             AND (t.author = 'sync' AND json_extract(c."values", '$.tag_id') IN winner AND EXISTS (
                 SELECT 1 FROM history_change AS went
                 WHERE went.row_id = json_extract(c."values", '$.tag_id') AND went.entity = 'Tag'
                   AND went.kind = 'delete' AND went.transaction_id = c.transaction_id)
               OR t.author = 'maintenance' AND json_extract(c."values", '$.tag_id') IN own AND EXISTS (
                   SELECT 1 FROM history_change AS other JOIN history_transaction AS o ON o.id = other.transaction_id
                   WHERE other.entity = 'PhotoTag' AND other.kind = 'delete' AND other.id > c.id AND o.author = 'sync'
                     AND json_extract(other."values", '$.photo_id') = json_extract(c."values", '$.photo_id')
                     AND (json_extract(other."values", '$.tag_id') IN winner OR EXISTS (
                         SELECT 1 FROM history_change AS moved
                         WHERE moved.row_id = other.row_id AND moved.kind = 'update' AND moved.id BETWEEN c.id AND other.id
                           AND moved.zone_id = c.zone_id AND json_extract(moved."values", '$.tag_id') IN winner)
                       AND EXISTS (
                         SELECT 1 FROM history_change AS went
                         WHERE went.row_id = json_extract(other."values", '$.tag_id') AND went.entity = 'Tag'
                           AND went.kind = 'delete' AND went.transaction_id >= other.transaction_id
                           AND json_extract(went."values", '$.merged_into') IS NULL))))`,
        )
        .all(JSON.stringify(winners), loser, JSON.stringify(family))
        .flatMap(({ row_id: id, zone_id, hung, ...row }) => {
          const values = JSON.parse(row.values) as { photo_id: string; created_by: string | null; created_at: number };
          if (hung === 0 && !family.some((tag) => id === photoTagID(values.photo_id, tag))) return [];
          return [{ id, zone_id, ...values }];
        });
    },
    /**
     * Pairs that went in the very transaction in which the server's deletion of their tag was applied. `settled` when the
     * pair was here again since, or when somebody has taken `winner` off its photo: what became of it was their choice.
     */
    pairsGoneWith: (tagID: string, transaction: number, winner: string): SettledPair[] =>
      connection
        .statement<[number, string, number, string], SettledRow>(
          `WITH ${takenOff}
           SELECT row_id, zone_id, "values", ${settled('went')}
           FROM history_change AS went
           WHERE transaction_id = ? AND entity = 'PhotoTag' AND kind = 'delete'
             AND json_extract("values", '$.tag_id') = ? ORDER BY id`,
        )
        .all(transaction, winner, transaction, tagID)
        .map(settledPair),
    /**
     * Pairs of `winner` that gave way as doubles to such of a tag merged into it, where those went by the server's word
     * together with that tag, `tagID`: after transaction `since`, up to the one that did. Who deletes a tag that is one with
     * another here did not know of that, and a tag on many photos goes in more than one transaction, its pairs first.
     */
    pairsThatGaveWay: (
      tagID: string,
      { since, transaction }: { readonly since: number; readonly transaction: number },
      winner: string,
    ): SettledPair[] =>
      connection
        .statement<[number, string, string, number, number, string, string, string], SettledRow & { photo_id: string }>(
          // Each is read once, and then they meet by photo: a tag can be on many.
          `WITH ${takenOff},
             gave AS MATERIALIZED (
               SELECT c.id, c.row_id, c.zone_id, c."values", json_extract(c."values", '$.photo_id') AS photo_id
               FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
               WHERE c.entity = 'PhotoTag' AND c.kind = 'delete' AND t.author = 'maintenance'
                 AND json_extract(c."values", '$.tag_id') IN (SELECT value FROM json_each(?))),
             went AS MATERIALIZED (
               SELECT c.id, c.row_id, json_extract(c."values", '$.photo_id') AS photo_id
               FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
               WHERE c.transaction_id > ? AND c.transaction_id <= ? AND t.author = 'sync'
                 AND c.entity = 'PhotoTag' AND c.kind = 'delete' AND json_extract(c."values", '$.tag_id') = ?
                 AND EXISTS (${hungOn('c')}))
           SELECT gave.row_id, gave.zone_id, gave."values", gave.photo_id, ${settled('gave')}
           FROM gave WHERE EXISTS (
               SELECT 1 FROM went WHERE went.photo_id = gave.photo_id AND went.id > gave.id AND went.row_id <> gave.row_id)
             AND NOT EXISTS (${hungOn('gave')}) ORDER BY gave.id`,
        )
        .all(transaction, winner, JSON.stringify(familyOf(winner)), since, transaction, winner, tagID, tagID)
        // One that was made for the deleted tag has gone with it, whatever it hung on by then.
        .flatMap((row) => (row.row_id === photoTagID(row.photo_id, tagID) ? [] : settledPair(row))),
    /** What was kept of a pair under "Not accepted" because its tag was deleted elsewhere. */
    dropRefusal: (pairID: string): void => {
      connection
        .statement<[string]>(
          `DELETE FROM sync_refused WHERE entity = 'PhotoTag' AND row_id = ? AND reason = 'deletedElsewhere'`,
        )
        .run(pairID);
    },
    /** Where its photo lies now; undefined when that has gone. */
    zoneOfPhoto: (pair: LostPair): string | undefined =>
      connection
        .statement<[string], { zone: string }>('SELECT zone_id AS zone FROM photo WHERE id = ?')
        .get(pair.photo_id)?.zone,
    /** Brings it back to its photo, which has to lie in the zone of the pair and of the tag. */
    restorePair: (pair: LostPair, tagID: string, at: number): void => {
      connection
        .statement<[string, string, string, string, string | null, number, number]>(
          `INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_by, created_at, modified_at)
           VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
        )
        .run(pair.id, pair.zone_id, pair.photo_id, tagID, pair.created_by, pair.created_at, at);
    },
  };
}
