import { derivedId } from '../store/derivedId.ts';
import type { Change } from '../store/history.ts';
import type { StoreName } from '../store/observer.ts';
import type { Store } from '../store/store.ts';
import { rightBits } from '../../../shared/shareRights.ts';
import { tagNameKey } from '../../../shared/tagName.ts';
import { createPermissions } from './permissions.ts';
import { lostPairTable, type LostPair } from './lostPairs.ts';
import { tagTable, type TagRow } from './tagTable.ts';
import { createTagMapper } from './zoneTags.ts';

/** What one run did, in rows. */
export interface DeduplicationResult {
  readonly merged: number;
  readonly repointed: number;
  readonly revived: number;
  readonly removed: number;
}

export interface TagDeduplication {
  /**
   * Consumes the history of one store since its token and merges double tags. The token commits in the transaction that
   * completes its effect, so that a crash repeats the work instead of skipping it. Call it after every import.
   */
  run(store: StoreName): DeduplicationResult;
  /** All tags of one zone, for when my rights there have grown: doubles I could not merge before. */
  sweep(zoneID: string): DeduplicationResult;
}

export interface DeduplicationDependencies {
  readonly store: Store;
  /** ms since 1970 */
  readonly now: () => number;
  /** How long a merged tag stays as a tombstone beyond the last import and export, in ms. */
  readonly grace?: number;
}

/** 30 days: longer than a computer is usually away, so that its late photo-tag pairs still find the merged tag. */
const defaultGrace = 30 * 86_400_000;
const batch = 200;
const historyPage = 2_000;

type Work = {
  readonly tags: Set<string>;
  /** Tags this person deleted, and the transaction in which they did. */
  readonly deletedHere: Map<string, number>;
};
type Tally = { merged: number; repointed: number; revived: number; removed: number };

/**
 * The sample's tag de-duplication, made safe (docs/sharing.md). Same zone and same normalised name = double. The lowest
 * id wins on every device whatever it saw first; losers are kept with `merged_into`, so that pairs which arrive late are
 * repointed, and go only after an import and an export that are both later by the grace time.
 *
 * It differs from the sample where the sample loses work: the token is saved with the effect, not before it; renames
 * count, not only inserts; and shared zones take part where the person may edit.
 */
export function createTagDeduplication({
  store,
  now,
  grace = defaultGrace,
}: DeduplicationDependencies): TagDeduplication {
  const { connection, history } = store;
  const permissions = createPermissions(connection);
  const tags = tagTable(connection);
  const pairs = lostPairTable(connection, tags);
  /** Stores in which nothing can be half done: what an earlier run, or process, may have left has been looked for. */
  const resumed = new Set<StoreName>();

  const mayEdit = (zoneID: string): boolean => {
    const rights = permissions.zone(zoneID);
    return rights.mine || (rights.state === 'active' && (rights.bits & rightBits.EDIT) !== 0);
  };
  const mayRemove = (zoneID: string, createdBy: string | null) => permissions.may(zoneID, 'delete', createdBy).allowed;

  /** Marks the losers of one tag's group; returns how many. */
  const merge = (tag: TagRow): number => {
    const group = tags.group(tag.zone_id, tag.name_key);
    const winner = group[0];
    if (winner === undefined) return 0;
    const losers = group.slice(1);
    for (const loser of losers) tags.setMerged(loser.id, winner.id, now());
    return losers.length;
  };

  /** Repoints up to `budget` pairs of a merged tag; returns how many rows it touched. */
  const repoint = (loser: TagRow, winner: TagRow, budget: number, tally: Tally): number => {
    const free = tags.pairsToRepoint(loser.id, winner.id, budget);
    for (const pair of free) tags.repoint(pair.id, winner.id, now());
    tally.repointed += free.length;
    if (free.length > 0) return free.length;
    // The photo carries the winner already: one pair is enough. Each computer has heard otherwise which of them hangs where, and
    // two that gave way to each other would both go: the same one stays everywhere.
    const mine = !mayRemove(loser.zone_id, 'somebody else');
    const doubles = tags.pairs(loser.id, Math.ceil(budget / 2), mine);
    if (doubles.length === 0) return 0;
    const family = tags.familyOf(winner.id);
    for (const pair of doubles) {
      const others = tags.pairsOf(pair.photo_id, winner.id);
      const stays = tags.isFirst(pair, others, family);
      if (stays) tags.repoint(pair.id, winner.id, now());
      const giveWay = stays ? others.filter((other) => !mine || other.created_by === null) : [pair];
      for (const { id } of giveWay) tags.removePair(id);
    }
    return 2 * doubles.length;
  };

  /** A tag this person deleted takes the doubles with it that were merged by then; true when nothing is left. */
  const removeLosersOf = (deleted: string, transaction: number, tally: Tally): boolean => {
    const losers = new Map(tags.losersOf(deleted).map((loser) => [loser.id, loser]));
    for (const loser of losers.values()) {
      // Merged by somebody who did not know of the deletion: nobody wanted this one gone, see revive. Nor what had been merged
      // into that one before.
      if (between(loser, losers).some(({ id }) => tags.isMergedAfter(id, transaction))) continue;
      if (!mayRemove(loser.zone_id, loser.created_by)) continue;
      const carried = tags.pairs(loser.id, batch, false);
      for (const pair of carried) tags.removePair(pair.id);
      if (carried.length === batch) return false;
      tags.remove(loser.id);
      tally.removed += 1;
    }
    return true;
  };

  /** One transaction's worth of work; true when nothing is left. */
  const step = (work: Work, tally: Tally): boolean => {
    for (const [id, transaction] of work.deletedHere) {
      // Undone, or brought back since: then what was merged into it stays with it.
      if (tags.get(id) !== undefined) continue;
      if (!removeLosersOf(id, transaction, tally)) return false;
    }
    let budget = batch;
    for (const id of work.tags) {
      const tag = tags.get(id);
      if (tag === undefined || !mayEdit(tag.zone_id)) continue;
      if (tag.merged_into === null) {
        const merged = merge(tag);
        tally.merged += merged;
        budget -= merged;
      }
      const winner = tags.root(tags.get(id) ?? tag);
      if (winner === undefined) continue;
      for (const loser of tags.losersOf(winner.id)) {
        for (let touched = -1; touched !== 0; budget -= touched) {
          if (budget <= 0) return false;
          touched = repoint(loser, winner, budget, tally);
        }
      }
    }
    return true;
  };

  const finish = (work: Work, tally: Tally, done?: () => void): void => {
    for (;;) {
      const complete = store.transaction('maintenance', () => {
        const all = step(work, tally);
        if (all) done?.();
        return all;
      });
      if (complete) return;
    }
  };

  const workOf = (changes: readonly Change[]): Work => {
    const work: Work = { tags: new Set(), deletedHere: new Map() };
    for (const change of changes) {
      if (change.entity === 'Tag' && change.kind === 'delete') {
        // Deleted by this person: its merged doubles go with it. Deleted elsewhere: see revive.
        if (change.author === 'app') work.deletedHere.set(change.rowId, change.transaction);
      } else if (change.entity === 'Tag') {
        work.tags.add(change.rowId);
      } else if (change.entity === 'PhotoTag' && change.kind !== 'delete') {
        const tag = tags.ofPair(change.rowId);
        if (tag !== undefined && tag.merged_into !== null) work.tags.add(tag.id);
      }
    }
    return work;
  };

  /**
   * Brings a pair back. Where its photo was moved meanwhile, and I may edit there: onto the tag of that name there, which is made
   * if need be.
   */
  const restore = (pair: LostPair, tagID: string): void => {
    const zone = pairs.zoneOfPhoto(pair);
    if (zone === pair.zone_id) pairs.restorePair(pair, tagID, now());
    if (zone === undefined || zone === pair.zone_id || !mayEdit(zone)) return;
    // My computers may do this each by itself: they make the same tag. One that was made before goes by its name of now.
    const id = derivedId('Tag', zone, tagID);
    const made = tags.get(id);
    const there = made === undefined ? createTagMapper(connection, now, () => id)(tagID, zone) : tags.root(made)?.id;
    if (there !== undefined && !tags.carries(pair.photo_id, there))
      pairs.restorePair({ ...pair, zone_id: zone }, there, now());
  };

  /**
   * Somebody who did not know of the merge deleted the winner: what they never saw must not vanish with it. The double
   * comes back with the pairs that were its own. A deletion that did know of the merge deletes the double as well; its
   * tombstone is read with the winner's.
   */
  const revive = (name: StoreName, tally: Tally): void => {
    const work: Work = { tags: new Set(), deletedHere: new Map() };
    for (const orphan of tags.orphans(name)) {
      if (!mayEdit(orphan.zone_id) || orphan.merged_into === null || tags.isDoomed(orphan.id)) continue;
      const winner = orphan.merged_into;
      resumed.delete(name);
      store.transaction('maintenance', () => {
        tags.setMerged(orphan.id, null, null);
        for (const pair of pairs.lostPairs(winner, orphan.id)) restore(pair, orphan.id);
      });
      work.tags.add(orphan.id);
      tally.revived += 1;
    }
    if (work.tags.size > 0) finish(work, tally);
  };

  /**
   * A double that was brought back is merged with others of its name in later transactions, of which history tells
   * nothing that would be read again: a process that was killed in between, or a run that failed, leaves them to the next.
   */
  const resume = (name: StoreName, tally: Tally): void => {
    if (resumed.has(name)) return;
    const unfinished = new Set(tags.unfinished(name));
    if (unfinished.size > 0) finish({ tags: unfinished, deletedHere: new Map() }, tally);
    resumed.add(name);
  };

  /**
   * Another device brought a double back, or has merged it into another tag, not knowing of the winner that went: pairs that
   * had been repointed here and went with the winner come back too.
   */
  const restoreRevived = (name: StoreName, changes: readonly Change[]): void => {
    const gone = new Set<string>();
    for (const { entity, kind, rowId, values } of changes) {
      if (entity !== 'Tag') continue;
      const before = values?.['merged_into'];
      if (kind === 'delete') gone.add(rowId);
      else if (kind === 'update' && typeof before === 'string') gone.add(before);
    }
    // A merged one that was cleared away took nothing with it: what it stood for had gone on to another.
    const winners = [...gone].filter((id) => tags.goneWith(id).isLost);
    for (const { id, zoneID, winner } of winners.length === 0 ? [] : tags.formerLosersOf(winners)) {
      const lost = mayEdit(zoneID) ? pairs.lostPairs(winner, id) : [];
      if (lost.length === 0) continue;
      // What comes back to a double that is merged again has to go on to what that is merged into.
      resumed.delete(name);
      store.transaction('maintenance', () => {
        for (const pair of lost) restore(pair, id);
      });
    }
  };

  /**
   * What a tag that is gone stood for: by its last word, or as a double of which this computer had not heard. A double is
   * cleared away only when it has been merged for the grace time, so what came to the name shortly before has taken it over
   * from a tag that somebody deleted: half of that time, since clocks differ.
   */
  const winnerOf = ({ rowId: gone, zoneId: zoneID, values, at, transaction }: Change): TagRow | undefined => {
    const mergedInto = values?.['merged_into'];
    const key = tagNameKey(String(values?.['name']));
    const hadItBefore = ({ id }: TagRow): boolean => {
      const named = tags.named(id, key);
      // Written down here after the deletion: by another, whatever its clock says.
      return named.transaction <= transaction && named.at < at - grace / 2;
    };
    const next =
      typeof mergedInto === 'string'
        ? tags.get(mergedInto)
        : tags.group(zoneID, key).find((tag) => tag.id < gone && hadItBefore(tag));
    return next?.zone_id === zoneID ? tags.root(next) : undefined;
  };

  /** Merged too short a time ago for anybody to have cleared it away: half of what such a one is kept, since clocks differ. */
  const isTooYoung = ({ values, at }: Change): boolean => {
    const merged = values?.['deduplicated_at'];
    return typeof merged === 'number' && at - merged < grace / 2;
  };

  /**
   * A merged tag was deleted elsewhere. Cleared away after the grace time, it took with it what a computer that had been away
   * for longer had put on photos meanwhile: that hangs on the tag it stood for. Deleted before that, by somebody who did not
   * know of the merge, it took with it pairs to which those of that tag had given way here: they come back. History may tell
   * of it more than once, when a run fails after this, and what somebody took off in between stays off.
   */
  const restoreLate = (changes: readonly Change[], since: number): void => {
    for (const change of changes) {
      const { entity, kind, author, rowId, zoneId, transaction } = change;
      if (entity !== 'Tag' || kind !== 'delete' || author !== 'sync' || !mayEdit(zoneId)) continue;
      const winner = winnerOf(change);
      if (winner === undefined) continue;
      const late = pairs.pairsGoneWith(rowId, transaction, winner.id);
      const gaveWay = isTooYoung(change) ? pairs.pairsThatGaveWay(rowId, { since, transaction }, winner.id) : [];
      if (late.length + gaveWay.length === 0) continue;
      store.transaction('maintenance', () => {
        for (const pair of [...late, ...gaveWay]) {
          if (!pair.settled && !tags.carries(pair.photo_id, winner.id)) restore(pair, winner.id);
        }
        for (const { id } of late) pairs.dropRefusal(id);
      });
    }
  };

  /** Removes tombstones that no late pair can need any more. */
  const removeMerged = (name: StoreName, tally: Tally): void => {
    const imported = tags.lastSuccess('import', name);
    const exported = tags.lastSuccess('export', name);
    if (imported === undefined || exported === undefined) return;
    const before = Math.min(imported, exported) - grace;
    for (const loser of tags.mergedBefore(name, before)) {
      if (!mayEdit(loser.zone_id) || !mayRemove(loser.zone_id, loser.created_by)) continue;
      if (tags.root(loser) === undefined) continue;
      finish({ tags: new Set([loser.id]), deletedHere: new Map() }, tally);
      if (tags.pairs(loser.id, 1, false).length > 0) continue;
      store.transaction('maintenance', () => {
        for (const follower of tags.losersOf(loser.id)) tags.setMerged(follower.id, loser.merged_into, now());
        tags.remove(loser.id);
      });
      tally.removed += 1;
    }
  };

  return {
    run: (name) => {
      const tally: Tally = { merged: 0, repointed: 0, revived: 0, removed: 0 };
      const since = history.readerToken('tagDeduplication', name);
      for (;;) {
        const newest = history.newestToken(name);
        const token = history.readerToken('tagDeduplication', name);
        const changes =
          newest > token ? history.changesAfter(name, token, { limit: historyPage, authorNot: 'maintenance' }) : [];
        const reached = changes.at(-1)?.transaction ?? newest;
        if (changes.length === 0 && reached <= token) break;
        restoreRevived(name, changes);
        restoreLate(changes, since);
        finish(workOf(changes), tally, () => history.moveReader('tagDeduplication', name, reached));
        if (changes.length === 0) break;
      }
      revive(name, tally);
      resume(name, tally);
      removeMerged(name, tally);
      return tally;
    },
    sweep: (zoneID) => {
      const tally: Tally = { merged: 0, repointed: 0, revived: 0, removed: 0 };
      if (mayEdit(zoneID)) finish({ tags: new Set(tags.doubledIn(zoneID)), deletedHere: new Map() }, tally);
      return tally;
    },
  };
}

/** A merged tag, what it was merged into, and so on, as far as they are among `losers`. */
function between(loser: TagRow, losers: ReadonlyMap<string, TagRow>): TagRow[] {
  const chain = new Set<TagRow>();
  for (let tag: TagRow | undefined = loser; tag !== undefined && !chain.has(tag);) {
    chain.add(tag);
    tag = losers.get(tag.merged_into ?? '');
  }
  return [...chain];
}
