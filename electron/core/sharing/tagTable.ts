import { isHybridStamp, parseStamp } from '../../../shared/cloud/hybridClock.ts';
import { tagNameKey } from '../../../shared/tagName.ts';
import { photoTagID } from '../store/derivedId.ts';
import type { Connection } from '../store/connection.ts';
import type { StoreName } from '../store/observer.ts';

export interface TagRow {
  readonly id: string;
  readonly zone_id: string;
  readonly name_key: string;
  readonly merged_into: string | null;
  readonly deduplicated_at: number | null;
  readonly created_by: string | null;
}

export interface PairRow {
  readonly id: string;
  readonly photo_id: string;
  readonly tag_id: string;
  readonly created_by: string | null;
}

interface Naming {
  readonly kind: 'insert' | 'update';
  readonly author: string;
  readonly transaction: number;
  readonly at: number;
  readonly before: string | null;
}

/** When a tag came to its name: ms, and the transaction in which this computer wrote it; 0 where nothing tells. */
export interface Named {
  readonly at: number;
  readonly transaction: number;
}

const columns = 'id, zone_id, name_key, merged_into, deduplicated_at, created_by';

/** The tag and photo-tag rows as de-duplication reads and writes them. Writes belong in a maintenance transaction. */
export function tagTable(connection: Connection) {
  const get = (id: string): TagRow | undefined =>
    connection.statement<[string], TagRow>(`SELECT ${columns} FROM tag WHERE id = ?`).get(id);

  /** The tag a merged one stands for now; undefined when the chain ends in a tag that is gone. */
  const root = (tag: TagRow): TagRow | undefined => {
    let current: TagRow | undefined = tag;
    const seen = new Set<string>();
    while (current !== undefined && current.merged_into !== null) {
      // Two devices can each have merged the other's way round only if one of them is broken; the lowest id ends it.
      if (seen.has(current.id)) return get([...seen].toSorted()[0] ?? '');
      seen.add(current.id);
      const next: TagRow | undefined = get(current.merged_into);
      if (next !== undefined && next.zone_id !== tag.zone_id) return undefined;
      current = next;
    }
    return current;
  };

  /** When the name of a tag was last written, by its stamps; ms, 0 without any. */
  const stampedAt = (tagID: string): number => {
    const stamps = connection
      .statement<[string, string], { stamp: string | null }>(
        `SELECT coalesce(json_extract(stamps, '$.name'), json_extract(stamps, '$."*"')) AS stamp FROM (
           SELECT stamps FROM sync_record WHERE entity = 'Tag' AND row_id = ?
           UNION ALL SELECT stamps FROM sync_pending WHERE entity = 'Tag' AND row_id = ?)`,
      )
      .all(tagID, tagID)
      .flatMap(({ stamp }) => (isHybridStamp(stamp) ? stamp : []));
    return Math.max(0, ...stamps.map((stamp) => parseStamp(stamp).ms));
  };

  /** What history tells of a tag's names, the latest first: `before` is the name that was replaced. */
  const namings = (tagID: string): Naming[] =>
    connection
      .statement<[string], Naming>(
        `SELECT c.kind, t.author, t.id AS "transaction", t.at, json_extract(c."values", '$.name') AS before
         FROM history_change AS c JOIN history_transaction AS t ON t.id = c.transaction_id
         WHERE c.row_id = ? AND c.entity = 'Tag'
           AND (c.kind = 'insert' OR (c.kind = 'update' AND json_type(c."values", '$.name') IS NOT NULL))
         ORDER BY c.id DESC`,
      )
      .all(tagID);

  const lastWord = (tagID: string): { merged_into: string | null } | undefined =>
    connection
      .statement<[string], { merged_into: string | null }>(
        `SELECT json_extract("values", '$.merged_into') AS merged_into FROM history_change
         WHERE row_id = ? AND entity = 'Tag' AND kind = 'delete' ORDER BY id DESC LIMIT 1`,
      )
      .get(tagID);

  /**
   * A tag that is gone, and what it was merged into when it went, as far as that is gone too. `isLost` when the last of them
   * went as a tag of its own; otherwise what they stood for has gone on to another, and nothing was taken along.
   */
  const goneWith = (tagID: string): { winners: readonly string[]; isLost: boolean } => {
    const winners = new Set<string>();
    let current = tagID;
    for (;;) {
      if (winners.has(current) || get(current) !== undefined) return { winners: [...winners], isLost: false };
      winners.add(current);
      const next = lastWord(current);
      if (next === undefined || next.merged_into === null) return { winners: [...winners], isLost: next !== undefined };
      current = next.merged_into;
    }
  };

  /** A tag and those merged into it, directly or through another, in the order of their ids. */
  const familyOf = (tagID: string): string[] =>
    connection
      .statement<[string], { id: string }>(
        `WITH RECURSIVE family (id) AS (VALUES (?) UNION SELECT tag.id FROM tag JOIN family ON tag.merged_into = family.id)
         SELECT id FROM family ORDER BY id`,
      )
      .all(tagID)
      .map(({ id }) => id);

  return {
    get,
    root,
    familyOf,
    /** Tags of one zone and name in the order of their ids: the living ones, or those already merged. */
    group: (zoneID: string, nameKey: string, which: 'living' | 'merged' = 'living'): TagRow[] =>
      connection
        .statement<[string, string], TagRow>(
          `SELECT ${columns} FROM tag WHERE zone_id = ? AND name_key = ?
           AND merged_into IS ${which === 'living' ? '' : 'NOT '}NULL ORDER BY id`,
        )
        .all(zoneID, nameKey),
    /** Tags merged into one, directly or through another that was merged later. */
    losersOf: (winner: string): TagRow[] =>
      connection
        .statement<[string], TagRow>(
          `WITH RECURSIVE under(id) AS (
             SELECT id FROM tag WHERE merged_into = ? UNION SELECT tag.id FROM tag JOIN under ON tag.merged_into = under.id
           ) SELECT ${columns} FROM tag WHERE id IN (SELECT id FROM under) ORDER BY id`,
        )
        .all(winner),
    pairs: (tagID: string, limit: number, onlyMine: boolean): PairRow[] =>
      connection
        .statement<[string, number], PairRow>(
          `SELECT id, photo_id, tag_id, created_by FROM photo_tag WHERE tag_id = ?
           ${onlyMine ? 'AND created_by IS NULL' : ''} ORDER BY id LIMIT ?`,
        )
        .all(tagID, limit),
    /** Pairs of a merged tag on photos that do not carry the winner. */
    pairsToRepoint: (loser: string, winner: string, limit: number): PairRow[] =>
      connection
        .statement<[string, string, number], PairRow>(
          `SELECT min(id) AS id, photo_id, tag_id, created_by FROM photo_tag WHERE tag_id = ?
           AND photo_id NOT IN (SELECT photo_id FROM photo_tag WHERE tag_id = ?) GROUP BY photo_id ORDER BY 1 LIMIT ?`,
        )
        .all(loser, winner, limit),
    pairsOf: (photoID: string, tagID: string): PairRow[] =>
      connection
        .statement<[string, string], PairRow>(
          'SELECT id, photo_id, tag_id, created_by FROM photo_tag WHERE photo_id = ? AND tag_id = ?',
        )
        .all(photoID, tagID),
    /**
     * A pair stays before others of its photo and name: the one made for the lowest tag, as its id tells on every computer, also
     * while they have heard otherwise which tag it hangs on.
     */
    isFirst: (pair: PairRow, others: readonly PairRow[], family: readonly string[]): boolean => {
      const rank = ({ id, photo_id, tag_id }: PairRow): string =>
        `${family.find((tag) => id === photoTagID(photo_id, tag)) ?? tag_id} ${id}`;
      return others.every((other) => rank(pair) < rank(other));
    },
    ofPair: (pairID: string): TagRow | undefined =>
      connection
        .statement<[string], TagRow>(
          `SELECT ${columns} FROM tag WHERE id = (SELECT tag_id FROM photo_tag WHERE id = ?)`,
        )
        .get(pairID),
    /** Merged tags whose winner is gone. */
    orphans: (store: StoreName): TagRow[] =>
      connection
        .statement<[string], TagRow>(
          `SELECT ${columns} FROM tag WHERE merged_into IS NOT NULL
           AND merged_into NOT IN (SELECT id FROM tag)
           AND zone_id IN (SELECT id FROM zone WHERE store = ?) ORDER BY id`,
        )
        .all(store),
    /** It came to be merged into what it is merged into in a later transaction than this one. */
    isMergedAfter: (tagID: string, transaction: number): boolean =>
      connection
        .statement<[string, number]>(
          `SELECT 1 FROM history_change WHERE row_id = ? AND entity = 'Tag' AND transaction_id > ?
             AND (kind = 'insert' OR json_type("values", '$.merged_into') IS NOT NULL) LIMIT 1`,
        )
        .get(tagID, transaction) !== undefined,
    /** A deletion of this tag has been read and waits for its round. */
    isDoomed: (tagID: string): boolean =>
      connection.statement<[string]>(`SELECT 1 FROM sync_tombstone WHERE entity = 'Tag' AND row_id = ?`).get(tagID) !==
      undefined,
    /** Tags that were merged into one of these and are no longer, perhaps into another. One look at each tag's history. */
    formerLosersOf: (winners: readonly string[]): { id: string; zoneID: string; winner: string }[] =>
      connection
        .statement<[string], { id: string; zoneID: string; winner: string }>(
          `SELECT DISTINCT tag.id, tag.zone_id AS zoneID, json_extract(c."values", '$.merged_into') AS winner
           FROM tag CROSS JOIN history_change AS c ON c.row_id = tag.id
           WHERE c.entity = 'Tag' AND c.kind = 'update'
             AND json_extract(c."values", '$.merged_into') IN (SELECT value FROM json_each(?))
             AND tag.merged_into IS NOT json_extract(c."values", '$.merged_into') ORDER BY 1, 2`,
        )
        .all(JSON.stringify(winners)),
    goneWith,
    /**
     * When a tag came to its name: by the stamps of whoever named it, or by what was done here and has yet to be sent.
     * Another spelling of the same name (its capitals) is no new name, as far as history here tells of the one before.
     */
    named: (tagID: string, nameKey: string): Named => {
      let respelt: Named | undefined;
      for (const { kind, author, transaction, at, before } of namings(tagID)) {
        if (kind === 'update' && before !== null && tagNameKey(before) === nameKey) {
          respelt = { at: 0, transaction: 0 };
          continue;
        }
        // Its stamp is that of the spelling: what remains is when this computer took the name over, which is never earlier.
        if (respelt !== undefined) return { at, transaction };
        return { at: author === 'sync' ? stampedAt(tagID) : Math.max(at, stampedAt(tagID)), transaction };
      }
      return respelt ?? { at: stampedAt(tagID), transaction: 0 };
    },
    carries: (photoID: string, tagID: string): boolean =>
      connection
        .statement<[string, string]>('SELECT 1 FROM photo_tag WHERE photo_id = ? AND tag_id = ? LIMIT 1')
        .get(photoID, tagID) !== undefined,
    setMerged: (id: string, winner: string | null, at: number | null): void => {
      connection
        .statement<[string | null, number | null, string]>(
          'UPDATE tag SET merged_into = ?, deduplicated_at = ? WHERE id = ?',
        )
        .run(winner, at, id);
    },
    repoint: (pairID: string, tagID: string, at: number): void => {
      connection
        .statement<[string, number, string]>('UPDATE photo_tag SET tag_id = ?, modified_at = ? WHERE id = ?')
        .run(tagID, at, pairID);
    },
    removePair: (pairID: string): void => {
      connection.statement<[string]>('DELETE FROM photo_tag WHERE id = ?').run(pairID);
    },
    remove: (id: string): void => {
      connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(id);
    },
    mergedBefore: (store: StoreName, before: number): TagRow[] =>
      connection
        .statement<[number, string], TagRow>(
          `SELECT ${columns} FROM tag WHERE merged_into IS NOT NULL AND deduplicated_at < ?
           AND zone_id IN (SELECT id FROM zone WHERE store = ?) ORDER BY id DESC`,
        )
        .all(before, store),
    /** Living tags of a zone that share their name with another. */
    doubledIn: (zoneID: string): string[] =>
      connection
        .statement<[string], { id: string }>(
          `SELECT min(id) AS id FROM tag WHERE zone_id = ? AND merged_into IS NULL GROUP BY name_key HAVING count(*) > 1`,
        )
        .all(zoneID)
        .map((row) => row.id),
    /** Living tags that share their name with another of their zone, and merged ones that pairs still hang on. */
    unfinished: (store: StoreName): string[] =>
      connection
        .statement<[string], { id: string }>(
          `WITH here AS (SELECT id, zone_id, name_key, merged_into FROM tag WHERE zone_id IN (SELECT id FROM zone WHERE store = ?))
           SELECT min(id) AS id FROM here WHERE merged_into IS NULL GROUP BY zone_id, name_key HAVING count(*) > 1
           UNION SELECT id FROM here
           WHERE merged_into IS NOT NULL AND EXISTS (SELECT 1 FROM photo_tag WHERE photo_tag.tag_id = here.id) ORDER BY 1`,
        )
        .all(store)
        .map((row) => row.id),
    /** When the last successful import or export of a store began; ms. */
    lastSuccess: (kind: 'import' | 'export', store: StoreName): number | undefined =>
      connection
        .statement<[string, string], { started_at: number }>(
          `SELECT started_at FROM sync_event WHERE kind = ? AND store IN (?, 'both') AND succeeded = 1 ORDER BY id DESC LIMIT 1`,
        )
        .get(kind, store)?.started_at,
  };
}
