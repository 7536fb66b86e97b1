import { foundFaults } from './foundFaults.ts';

/** One planted bug: a piece of the product's text and what it becomes. `from` occurs exactly once in the file. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const sync = 'electron/core/sync/';

/** Bugs of the kind people make: wrong decisions per error, and breaches of the rules of docs/sync.md. */
export const mutants: readonly Mutant[] = [
  // failures.ts: every decision swapped for a plausible wrong one
  {
    name: 'a conflict is taken for success',
    file: `${sync}failures.ts`,
    from: `return { do: 'merge' };`,
    to: `return { do: 'acknowledge' };`,
  },
  {
    name: 'a busy server ends the change',
    file: `${sync}failures.ts`,
    from: `return { do: 'backOff', reason: 'serverBusy' };`,
    to: `return { do: 'acknowledge' };`,
  },
  {
    name: 'a refused edit is taken for accepted',
    file: `${sync}failures.ts`,
    from: `? { do: 'restore' }`,
    to: `? { do: 'acknowledge' }`,
  },
  {
    name: 'not found means done, for saves too',
    file: `${sync}failures.ts`,
    from: `if (context.doing === 'delete') return { do: 'acknowledge' };`,
    to: `if (context.doing !== 'upload') return { do: 'acknowledge' };`,
  },
  {
    name: 'a restored server is swept',
    file: `${sync}importer.ts`,
    from: `for (const zone of zones.all()) startOver(zone, 'reoffer', false);`,
    to: `for (const zone of zones.all()) startOver(zone, 'sweep', false);`,
  },
  {
    name: 'a limit parks instead of splitting',
    file: `${sync}failures.ts`,
    from: `return { do: 'split' };`,
    to: `return { do: 'acknowledge' };`,
  },
  {
    name: 'purged tombstones are not swept',
    file: `${sync}failures.ts`,
    from: `if (expiredBecause === 'RETENTION') return { do: 'startOver', mode: 'sweep', everything: false };`,
    to: `if (expiredBecause === 'RETENTION') return { do: 'startOver', mode: 'reoffer', everything: false };`,
  },
  // collector.ts
  {
    name: 'the export token is one too far',
    file: `${sync}collector.ts`,
    from: `moveTo(complete ? upTo : last);`,
    to: `moveTo(upTo + 1);`,
  },
  {
    name: 'changes of the engine itself are exported',
    file: `${sync}collector.ts`,
    from: `const changes = history.changesAfter('both', from, { limit: collectLimit, authorNot: 'sync' });`,
    to: `const changes = history.changesAfter('both', from, { limit: collectLimit, authorNot: 'app' });`,
  },
  {
    name: 'a deletion is forgotten',
    file: `${sync}collector.ts`,
    from: `else deleted(change, stamp);`,
    to: `else void deleted;`,
  },
  {
    name: 'a deletion during a sending is forgotten',
    file: `${sync}collector.ts`,
    from: `if (tag !== null || waiting?.sent === true || (known !== undefined && waiting === undefined)) {`,
    to: `if (tag !== null) {`,
  },
  {
    name: 'a move leaves the old copy',
    file: `${sync}collector.ts`,
    from: `if (tag !== null || oldSave?.sent === true) queue.remove(oldPlace, tag, { '*': movedAt });`,
    to: `if (false) queue.remove(oldPlace, tag, { '*': movedAt });`,
  },
  {
    name: 'a move forgets waiting edits',
    file: `${sync}collector.ts`,
    from: `const base: Stamps = oldSave?.stamps ?? (known === undefined ? { '*': stamp } : {});`,
    to: `const base: Stamps = {};`,
  },
  {
    name: 'a second edit forgets the first',
    file: `${sync}collector.ts`,
    from: `queue.save(change, overlayStamps(waiting?.stamps ?? {}, set), waiting);`,
    to: `queue.save(change, set, waiting);`,
  },
  {
    name: 'a row made again keeps its deletion',
    file: `${sync}collector.ts`,
    from: `queue.save(change, { '*': made }, { created: true, sent: undone !== undefined });`,
    to: `if (undone === undefined) queue.save(change, { '*': made }, { created: true });`,
  },
  // recordApplier.ts, rowMerge.ts
  {
    name: 'the server always wins',
    file: `${sync}rowMerge.ts`,
    from: `if (!sides.force && compareVersions(mine, theirs) > 0) {`,
    to: `if (!sides.force && compareVersions(mine, theirs) > 99) {`,
  },
  {
    name: 'the local value always wins',
    file: `${sync}rowMerge.ts`,
    from: `} else if (mine.value !== value) {`,
    to: `} else if (mine.value === null && value !== null) {`,
  },
  {
    name: 'orphans are never taken up',
    file: `${sync}recordApplier.ts`,
    from: `        takeOrphans(read.rowId, zone);\n`,
    to: ``,
  },
  {
    name: 'a missing parent drops the record',
    file: `${sync}recordApplier.ts`,
    from: `      keepAside(record, zone, 'parent', missing.id);\n`,
    to: ``,
  },
  {
    name: 'a tombstone removes a moved row',
    file: `${sync}recordApplier.ts`,
    from: `if (row['zone_id'] !== zoneId) return false;`,
    to: `if (row === null) return false;`,
  },
  {
    name: 'a tombstone removes a row made again',
    file: `${sync}recordApplier.ts`,
    from: `if (waiting?.created === true && !isOwnDeleted(entity, rowId, waiting)) {`,
    to: `if (row === null) {`,
  },
  {
    name: 'children of a deleted row stay on the server',
    file: `${sync}rowRemoval.ts`,
    from: `if (stamp !== undefined) queue.remove(place, known.changeTag, { '*': stamp });`,
    to: `void place;`,
  },
  {
    name: 'the earlier move wins',
    file: `${sync}recordApplier.ts`,
    from: `mine === undefined || (theirs ?? '') > mine;`,
    to: `mine === undefined || (theirs ?? '') < mine;`,
  },
  {
    name: 'an imported move loses the waiting edit',
    file: `${sync}recordApplier.ts`,
    from: `metadata.setPending({ ...waiting, zoneId: zone.id });`,
    to: `void waiting;`,
  },
  {
    name: 'the losing copy of a move stays',
    file: `${sync}recordApplier.ts`,
    from: `if (!isTakenAway && (leftBehind !== null || waiting?.sent === true)) {`,
    to: `if (isTakenAway && !isTakenAway) {`,
  },
  {
    name: 'a local deletion loses against an edit',
    file: `${sync}recordApplier.ts`,
    from: `madeAgain === undefined || deletedAt === undefined || madeAgain <= deletedAt`,
    to: `madeAgain === '' `,
  },
  {
    name: 'an edit taken from a losing copy is not passed on',
    file: `${sync}recordApplier.ts`,
    from: `offerMerged(read, changes, place, known);`,
    to: `void offerMerged;`,
  },
  // exporter.ts
  {
    name: 'an acknowledgement covers later edits',
    file: `${sync}exporter.ts`,
    from: `if (stampOf(pending.stamps, field) !== stamp) left[field] = stamp;`,
    to: `void stamp;`,
  },
  {
    name: 'answers are read in the wrong order',
    file: `${sync}exporter.ts`,
    from: `const item = answer[index];`,
    to: `const item = answer[entries.length - 1 - index];`,
  },
  {
    name: 'the change tag is not remembered',
    file: `${sync}exporter.ts`,
    from: `changeTag: item?.recordChangeTag ?? null,\n          stamps: clampStamps(`,
    to: `changeTag: 'e',\n          stamps: clampStamps(`,
  },
  {
    name: 'stamps are not sent',
    file: `${sync}exporter.ts`,
    from: `fields[stampsField] = { value: JSON.stringify(stamps), type: 'STRING' };`,
    to: `void stampsField;`,
  },
  {
    name: 'a refused edit is not kept',
    file: `${sync}exporter.ts`,
    from: `applier.refuse(current, 'notAccepted', failure.neededRight ?? null, failure.message);`,
    to: `metadata.removePending(pending.entity, pending.rowId, zone.id);`,
  },
  {
    name: 'a refused edit is not taken back',
    file: `${sync}exporter.ts`,
    from: `if (there) applier.save(item, zone, { force: true });`,
    to: `if (there && pending.kind === 'delete') applier.save(item, zone, { force: true });`,
  },
  {
    name: 'an edit in the old place of a moved row is deleted with it',
    file: `${sync}exporter.ts`,
    from: `const wasElsewhere = isElsewhere();
    applier.save(serverRecord, zone);`,
    to: `const wasElsewhere = isElsewhere();
    if (!wasElsewhere) applier.save(serverRecord, zone);`,
  },
  // importer.ts and importRun.ts
  {
    name: 'the zone token is not moved',
    file: `${sync}importer.ts`,
    from: `token: token ?? state.token, onServer: true });`,
    to: `token: state.token, onServer: true });`,
  },
  {
    name: 'tombstones do not wait a round',
    file: `${sync}importer.ts`,
    from: `metadata.setTombstone(entity, record.recordName, zone.id, round);\n        continue;`,
    to: `applier.remove(entity, record.recordName, zone.id);\n        continue;`,
  },
  {
    name: 'tombstones are dropped',
    file: `${sync}importer.ts`,
    from: `metadata.setTombstone(entity, record.recordName, zone.id, round);\n        continue;`,
    to: `continue;`,
  },
  {
    name: 'the end of a zone is ignored',
    file: `${sync}importer.ts`,
    from: `endedReason: item.deletedReason ?? null, endedRound: round });`,
    to: `endedReason: item.deletedReason ?? null, endedRound: null });`,
  },
  {
    name: 'an ended zone takes unsent photos with it',
    file: `${sync}zoneEnding.ts`,
    from: `(zone.store === 'shared' || rescueUnsent(zone)) && emptyZone(zone)`,
    to: `emptyZone(zone)`,
  },
  {
    name: 'rows are not offered to a restored server',
    file: `${sync}importer.ts`,
    from: `for (const { entity, rowId } of rows) offer(entity, rowId, zone);`,
    to: `void offer;`,
  },
  {
    name: 'rights of a share are not taken over',
    file: `${sync}importer.ts`,
    from: `zones.setRights(zone.id, ends ? 0 : rightsToBits(me?.rights ?? []));`,
    to: `zones.setRights(zone.id, ends ? 0 : 15 + 0 * rightsToBits(me?.rights ?? []));`,
  },
  {
    name: 'history is not collected before a merge',
    file: `${sync}importer.ts`,
    from: `collector.collect() ? { value: fn() } : undefined`,
    to: `({ value: fn() })`,
  },
  {
    name: 'only the first page is read',
    file: `${sync}importRun.ts`,
    from: `if (page.moreComing !== true) break;`,
    to: `break;`,
  },
  {
    name: 'who starts over reads one store only',
    file: `${sync}importer.ts`,
    from: `        metadata.setScope('private', null, null);
        metadata.setScope('shared', null, null);
        metadata.forgetEpochs();`,
    to: `        metadata.setScope('private', null, null);
        metadata.forgetEpochs();`,
  },
  {
    name: 'the shared database is not read',
    file: `${sync}importRun.ts`,
    from: `(await importScope('shared', round))`,
    to: `(await Promise.resolve(0))`,
  },
  {
    name: 'a device sends before it has ever read',
    file: `${sync}exportRun.ts`,
    from: `if (metadata.zone(zone.id).token === null) return { accepted, importFirst: true, skip: true };`,
    to: ``,
  },
  {
    name: 'a deletion of what was sent without an answer is ignored',
    file: `${sync}recordApplier.ts`,
    from: `if (waiting?.created === true && !isOwnDeleted(entity, rowId, waiting)) {`,
    to: `if (waiting?.created === true) {`,
  },
  {
    name: 'fields of a newer version stay in the old place of a moved row',
    file: `${sync}recordApplier.ts`,
    from: `Object.assign(taken, unknown.stamps);`,
    to: ``,
  },
  {
    name: 'a request sent twice happens twice',
    file: `${sync}httpCloudDatabase.ts`,
    from: `          recordsAnswerSchema,\n          // A copy that some proxy sends again, perhaps much later, must not bring back what was deleted meanwhile.\n          deps.newKey(),`,
    to: `          recordsAnswerSchema,`,
  },
  {
    name: 'a share the restored server does not show stays open',
    file: `${sync}importer.ts`,
    from: `if (!state.onServer && zone.state !== 'ended') write(() => zones.setState(zone.id, 'ended'));`,
    to: ``,
  },
  {
    name: 'a reading from the beginning is refused for deletions it cannot have missed',
    file: 'server/cloud/syncTokens.ts',
    from: `if (seq < zone.purgedSeq && startedBehind !== zone.purgedSeq) {`,
    to: `if (seq < zone.purgedSeq) {`,
  },
  {
    name: 'who starts over is not told what has ended',
    file: 'server/cloud/changes.ts',
    from: `const zones = page.map((view) =>`,
    to: `const zones = page.filter((view) => view.gone_reason === null || token !== undefined).map((view) =>`,
  },
  {
    name: 'zones a restored server does not know are not offered',
    file: `${sync}importRun.ts`,
    from: `    importer.finishUnlisted(round);\n`,
    to: ``,
  },
  {
    name: 'the token does not reach past what was just sent',
    file: `${sync}syncEngine.ts`,
    from: `if (accepted > 0) wanted.import = true;`,
    to: ``,
  },
  {
    name: 'a tag that was deleted and came back loses what was merged into it',
    file: 'electron/core/sharing/deduplication.ts',
    from: `if (tags.get(id) !== undefined) continue;`,
    to: ``,
  },
  // merging and stamps
  {
    name: 'a row is merged before what it refers to is here',
    file: `${sync}recordApplier.ts`,
    from: `throw new MissingParent(id);`,
    to: `continue;`,
  },
  {
    name: 'the old copy of a move stays on a restored server',
    file: `${sync}recordApplier.ts`,
    from: ` || isToBeSent)) {`,
    to: `)) {`,
  },
  {
    name: 'clamping is forgotten',
    file: `${sync}stamps.ts`,
    from: `if (acceptedMs === undefined) return stamps;`,
    to: `if (acceptedMs !== null) return stamps;`,
  },
  {
    name: 'the earlier stamp wins',
    file: 'shared/cloud/hybridClock.ts',
    from: `return a < b ? -1 : 1;`,
    to: `return a < b ? 1 : -1;`,
  },
  ...foundFaults,
];
