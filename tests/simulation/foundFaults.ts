import type { Mutant } from './mutants.ts';

const sync = 'electron/core/sync/';

/** Faults that campaigns of the simulator found, to be planted again: what was mended, undone. See regressions.ts. */
export const foundFaults: readonly Mutant[] = [
  {
    name: 'what waits for its parent outlives a restored server',
    file: `${sync}importer.ts`,
    from: `metadata.dropOrphans(zone.id);`,
    to: ``,
  },
  {
    name: 'a deleted tag takes along what was merged into it later',
    file: 'electron/core/sharing/deduplication.ts',
    from: `if (between(loser, losers).some(({ id }) => tags.isMergedAfter(id, transaction))) continue;`,
    to: ``,
  },
  {
    name: 'pairs of a double another device brought back stay gone',
    file: 'electron/core/sharing/deduplication.ts',
    from: `restoreRevived(name, changes);`,
    to: ``,
  },
  {
    name: 'a row that was read back still counts as new',
    file: `${sync}recordApplier.ts`,
    from: `(waiting?.created === true || isReoffered) && isLater;`,
    to: `waiting?.created === true;`,
  },
  {
    name: 'what was sent without an answer is sent again unread',
    file: `${sync}syncEngine.ts`,
    from: `        wanted = { import: true, export: true };
        throw error;`,
    to: `        wanted = { import: wanted.import || taken.import, export: true };
        throw error;`,
  },
  {
    name: 'a pair that went as a double stays gone',
    file: 'electron/core/sharing/lostPairs.ts',
    from: `OR t.author = 'maintenance' AND`,
    to: `OR t.author = 'nobody' AND`,
  },
  {
    name: 'trying again throws when nothing can be written',
    file: `${sync}syncEngine.ts`,
    from: `        interrupted(error);
        return;
      }
      if (running === undefined`,
    to: `        throw error;
      }
      if (running === undefined`,
  },
  {
    name: 'bytes in a zone the server does not have stop everything',
    file: `${sync}movedAssets.ts`,
    from: `if (code !== 'ZONE_NOT_FOUND' && code !== 'ACCESS_DENIED') throw error;`,
    to: `if (failureOfError(error).code !== 'NOT_FOUND') throw error;`,
  },
  {
    name: 'the old place of a moved row is deleted although it moved back',
    file: `${sync}exporter.ts`,
    from: `wasElsewhere && isElsewhere()`,
    to: `wasElsewhere`,
  },
  {
    name: 'a row the server says it has not is not swept',
    file: `${sync}recordTable.ts`,
    from: `WHERE zone_id = ? AND seen < ? AND (change_tag IS NOT NULL OR NOT EXISTS`,
    to: `WHERE zone_id = ? AND seen < ? AND (change_tag IS NOT NULL AND NOT EXISTS`,
  },
  {
    name: 'a row from before the account is never its own deleted one',
    file: `${sync}recordApplier.ts`,
    from: `(metadata.record(entity, rowId)?.changeTag ?? null) === null &&`,
    to: `metadata.record(entity, rowId) === undefined &&`,
  },
  {
    name: 'a deletion may be dated before what it deletes',
    file: `${sync}collector.ts`,
    from: `stampAfter(stamp, newestStamp(before))`,
    to: `stamp`,
  },
  {
    name: 'the epoch is noted only when all zones are read',
    file: `${sync}importer.ts`,
    from: `if (known.epoch === undefined) metadata.setScope(`,
    to: `if (known.epoch === '') metadata.setScope(`,
  },
  {
    name: 'a pair may keep the tag of another zone',
    file: `${sync}importer.ts`,
    from: `if (typeof target !== 'string' || target === row['zone_id']) continue;`,
    to: `if (typeof target !== 'string' || target === row['zone_id'] || parent === 'Tag') continue;`,
  },
  {
    name: 'what was kept for an update beats edits made since',
    file: `${sync}importer.ts`,
    from: `if (!isSetHere(known, name)) learned[name] = value;`,
    to: `learned[name] = value;`,
  },
  {
    name: 'a place that was moved to twice can be deleted by who left it',
    file: `${sync}recordApplier.ts`,
    from: ` || ahead['zone_id'] !== undefined;`,
    to: `;`,
  },
  {
    name: 'a row moved back goes on under the version from before it was edited',
    file: `${sync}collector.ts`,
    from: `      changeTag: null,
      stamps: known?.stamps ?? {},`,
    to: `      changeTag: back?.changeTag ?? null,
      stamps: known?.stamps ?? {},`,
  },
  {
    name: 'what a restored server forgot goes with the share that is left',
    file: `${sync}zoneEnding.ts`,
    from: `if (forgotten) deps.offer(entity, id, zone);`,
    to: ``,
  },
  {
    name: 'a disk that becomes full inside a record throws something else',
    file: `${sync}recordApplier.ts`,
    from: `if (!store.connection.raw.inTransaction) throw error;`,
    to: ``,
  },
  {
    name: 'an old version that still lies where a row moved back to is forgotten',
    file: `${sync}collector.ts`,
    from: `const sent = back !== undefined;`,
    to: `const sent = back?.sent ?? false;`,
  },
  {
    name: 'pairs of a double of a double stay gone',
    file: 'electron/core/sharing/lostPairs.ts',
    from: `if (hung === 0 && !family.some((tag) => id === photoTagID(values.photo_id, tag))) return [];`,
    to: `if (id !== photoTagID(values.photo_id, loser)) return [];`,
  },
  {
    name: 'a zone a rolled back server has not is asked for without end',
    file: `${sync}importRun.ts`,
    from: `if (failure.code === 'ZONE_NOT_FOUND') onMissing?.();`,
    to: ``,
  },
  {
    name: 'an edit taken along for an update counts as made here',
    file: `${sync}importer.ts`,
    from: `if (!isSetHere(known, name)) learned[name] = value;`,
    to: `if (metadata.pending(known.entity, known.rowId).length === 0) learned[name] = value;`,
  },
  {
    name: 'what an older version kept aside counts as on a restored server',
    file: `${sync}importer.ts`,
    from: `metadata.dropOrphanTags(zone.id);`,
    to: ``,
  },
  {
    name: 'a field of a row deleted here once counts as set here',
    file: `${sync}importer.ts`,
    from: ` AND c.kind = 'update' AND t.author <> 'sync'`,
    to: ` AND t.author <> 'sync'`,
  },
  {
    name: 'records are looked up in one request whatever the server allows',
    file: `${sync}httpCloudDatabase.ts`,
    from: `if (most === undefined || most >= names.length) throw error;`,
    to: `throw error;`,
  },
  {
    name: 'what a killed process left of de-duplication stays',
    file: 'electron/core/sharing/deduplication.ts',
    from: `resume(name, tally);`,
    to: ``,
  },
  {
    name: 'a pair that was brought back once is brought back again',
    file: 'electron/core/sharing/lostPairs.ts',
    from: `AND NOT EXISTS (SELECT 1 FROM history_change AS later WHERE later.row_id = c.row_id AND later.id > c.id)`,
    to: ``,
  },
  {
    name: 'a refused clearing-up after a move by others brings the old place back',
    file: `${sync}exporter.ts`,
    from: `if (movedByOthers(pending)) {`,
    to: `if (false as boolean) {`,
  },
  {
    name: 'pairs of a double that was merged into another since stay gone',
    file: 'electron/core/sharing/tagTable.ts',
    from: `WHERE c.entity = 'Tag' AND c.kind = 'update'`,
    to: `WHERE tag.merged_into IS NULL AND c.entity = 'Tag' AND c.kind = 'update'`,
  },
  {
    name: 'what was refused takes the place of what was done since',
    file: `${sync}exporter.ts`,
    from: `    if (current?.kind !== pending.kind || hasNewer(current.stamps, pending.stamps)) return;
    metadata.setPending({ ...current, state`,
    to: `    metadata.setPending({ ...pending, state`,
  },
  {
    name: 'what was deleted before its save was answered counts as held',
    file: `${sync}exporter.ts`,
    from: `      nameVersion(current, item);
      return;
    }
    const known`,
    to: `      nameVersion(current, item);
    }
    const known`,
  },
  {
    name: 'late pairs of a double that was cleared away stay gone',
    file: 'electron/core/sharing/deduplication.ts',
    from: `restoreLate(changes, since);`,
    to: ``,
  },
  {
    name: 'an old version that cannot be named is forgotten when a row moves back a second time',
    file: `${sync}collector.ts`,
    from: `const sent = back !== undefined;`,
    to: `const sent = back !== undefined && (back.sent || back.changeTag !== null);`,
  },
  {
    name: 'what a row left behind in a third zone is forgotten when its share ends',
    file: `${sync}zoneEnding.ts`,
    from: `if (waiting !== undefined) metadata.removePending(entity, rowId, waiting.zoneId);`,
    to: `for (const one of pending) metadata.removePending(entity, rowId, one.zoneId);`,
  },
  {
    name: 'what hangs on a deleted row unseen stays on the server',
    file: `${sync}recordApplier.ts`,
    from: `if (deps.isMine(zoneId) && !isElsewhere) removal.removeOrphansOf(rowId, zoneId);`,
    to: ``,
  },
  {
    name: 'a row that moved counts as seen in its new zone',
    file: `${sync}recordTable.ts`,
    from: `CASE WHEN zone_id = excluded.zone_id THEN max(seen, excluded.seen) ELSE excluded.seen END`,
    to: `max(seen, excluded.seen)`,
  },
  {
    name: 'a copy of what is yet to be sent elsewhere is left where it lies',
    file: `${sync}recordApplier.ts`,
    from: `if (stamp !== undefined && ((known?.changeTag ?? null) !== null || isToBeSent)) {`,
    to: `if (stamp !== undefined && ((known?.changeTag ?? null) !== null || (known !== undefined && isToBeSent))) {`,
  },
  {
    name: 'a tag just renamed counts as what a deleted one stood for',
    file: 'electron/core/sharing/deduplication.ts',
    from: `named.transaction <= transaction && named.at < at - grace / 2`,
    to: `named.at < Number.POSITIVE_INFINITY`,
  },
  {
    name: 'bytes of a move that may not be added hold up everything',
    file: `${sync}movedAssets.ts`,
    from: ` && code !== 'ACCESS_DENIED'`,
    to: ``,
  },
  {
    name: 'what a merged tag stood for is not followed beyond a double that went',
    file: 'electron/core/sharing/tagTable.ts',
    from: `current = next.merged_into;`,
    to: `return { winners: [...winners], isLost: false };`,
  },
  {
    name: 'a tag that came after a deletion counts as what the deleted one stood for when its clock is behind',
    file: 'electron/core/sharing/deduplication.ts',
    from: `named.transaction <= transaction && `,
    to: ``,
  },
  {
    name: 'a field taken along from an old place goes over a later one',
    file: `${sync}unknownFields.ts`,
    from: `if (theirs !== undefined && theirs >= stamp) continue;`,
    to: ``,
  },
  {
    name: 'what was merged into a double goes although that was merged after the deletion',
    file: 'electron/core/sharing/deduplication.ts',
    from: `if (between(loser, losers).some(({ id }) => tags.isMergedAfter(id, transaction))) continue;`,
    to: `if (tags.isMergedAfter(loser.id, transaction)) continue;`,
  },
  {
    name: 'zones that were half read are not looked for',
    file: `${sync}importRun.ts`,
    from: `halfRead.has(zone.id) || `,
    to: ``,
  },
  {
    name: 'a pair that went as a double stays gone when the other had come back with another double',
    file: 'electron/core/sharing/lostPairs.ts',
    from: `moved.kind = 'update'`,
    to: `moved.kind = 'nothing'`,
  },
  {
    name: 'a late pair of a double that was cleared away comes back once more after it was taken off',
    file: 'electron/core/sharing/deduplication.ts',
    from: `!pair.settled && `,
    to: ``,
  },
  {
    name: 'a pair that came with its photo from another zone stays gone with what its tag was one with',
    file: 'electron/core/sharing/lostPairs.ts',
    from: `hung === 0 && `,
    to: ``,
  },
  {
    name: 'which of two pairs of a photo gives way follows from what a computer has heard of them',
    file: 'electron/core/sharing/deduplication.ts',
    from: `const stays = tags.isFirst(pair, others, family);`,
    to: `const stays = false;`,
  },
  {
    name: 'the pair with the lowest id stays, whatever tag it was made for',
    file: 'electron/core/sharing/deduplication.ts',
    from: `const stays = tags.isFirst(pair, others, family);`,
    to: `const stays = others.every((other) => pair.id < other.id);`,
  },
  {
    name: "a participant's feed goes on by one whatever it tells",
    file: 'server/cloud/views.ts',
    from: `const moved = Math.max(1, view.last_seq - view.zone_seq);`,
    to: `const moved = 1;`,
  },
  {
    name: 'what waits here follows the server to a row that is deleted',
    file: `${sync}recordApplier.ts`,
    from: `if (!mayStay || !wasDeleted(parent, id)) throw`,
    to: `throw`,
  },
  {
    name: 'a pair that was moved onto a deleted tag goes with it',
    file: `${sync}rowRemoval.ts`,
    from: `!mapper.isEntity(entity) || putBack(orphan)) continue;`,
    to: `!mapper.isEntity(entity)) continue;`,
  },
  {
    name: 'an offering that was cut short passes over what was written since',
    file: `${sync}setupRun.ts`,
    from: `if (metadata.state('offering') === me) return;`,
    to: ``,
  },
  {
    name: 'a pair that gave way to that of a deleted tag stays gone',
    file: 'electron/core/sharing/deduplication.ts',
    from: `isTooYoung(change) ? pairs.pairsThatGaveWay(rowId, { since, transaction }, winner.id) : []`,
    to: `[] as never[]`,
  },
  {
    name: 'the old place of a move under way at a backup counts as taken away when that is restored',
    file: `${sync}recordApplier.ts`,
    from: ` && metadata.zone(zone.id).mode !== 'reoffer';`,
    to: `;`,
  },
];
