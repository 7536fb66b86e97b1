import { stampAfter, type HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { Orphan } from './asideTables.ts';
import type { ChangeQueue } from './changeQueue.ts';
import type { CloudItem } from './cloudDatabase.ts';
import { stampsField, type RecordMapper, type RowValues } from './recordMapper.ts';
import { overlayStamps, stampOf } from './stamps.ts';
import type { SyncMetadata } from './syncMetadata.ts';

/** The tag a photo-tag pair was made for, where that lies in the same zone and the server has not said that it is deleted. */
export type FirstTag = (pair: {
  readonly id: string;
  readonly photoID: string;
  readonly zoneID: string;
}) => string | undefined;

/**
 * Doubles are merged by a computer that has not heard that somebody deleted the tag which stays: its pairs hang on a deleted tag
 * then. This makes the function that puts such a pair back onto the tag it hangs on here, or else was made for. Whoever moved it
 * would do so too, and may never be here again. A photo may come to carry one tag twice over, which looks like once.
 *
 * Call the function inside a `sync` transaction, for a record kept aside whose row is deleted, whatever that was.
 * @returns of the function: false when the record is no such pair, or neither tag is here, or its photo is not
 */
export function createPutBack({
  metadata,
  mapper,
  queue,
  firstTag,
  onStamp,
  save,
}: {
  readonly metadata: Pick<SyncMetadata, 'hasTombstone'>;
  readonly mapper: RecordMapper;
  readonly queue: ChangeQueue;
  readonly firstTag: FirstTag;
  readonly onStamp: (stamp: HybridStamp) => void;
  readonly save: (record: CloudItem, zone: { readonly id: string }) => void;
}): (orphan: Orphan) => boolean {
  /** The tag a row hangs on, if that is to stay. */
  const tagOf = (row: RowValues): string | undefined => {
    const tag = String(row['tag_id']);
    return metadata.hasTombstone('Tag', tag, String(row['zone_id'])) ? undefined : tag;
  };

  return ({ entity, rowId, zoneId, record }) => {
    if (entity !== 'PhotoTag') return false;
    const item = JSON.parse(record) as CloudItem;
    const { values, stamps } = mapper.read(item);
    const moved = stampOf(stamps, 'tag_id');
    if (moved === undefined) return false;
    const row = mapper.row(entity, rowId);
    const photoID = String(values['photo_id']);
    const tag = row?.['zone_id'] === zoneId ? tagOf(row) : firstTag({ id: rowId, photoID, zoneID: zoneId });
    if (tag === undefined || mapper.row('Tag', tag)?.['zone_id'] !== zoneId) return false;
    const later = stampAfter(moved, moved);
    onStamp(later);
    const back = {
      tag_id: { value: tag, type: 'STRING' },
      [stampsField]: { value: JSON.stringify(overlayStamps(stamps, { tag_id: later })), type: 'STRING' },
    };
    save({ ...item, fields: { ...item.fields, ...back } }, { id: zoneId });
    // Its photo may not be here, or the pair may lie elsewhere with it.
    const after = mapper.row(entity, rowId);
    if (after?.['tag_id'] !== tag || after['zone_id'] !== zoneId) return false;
    const place = { entity, rowId, zoneId } as const;
    const waiting = queue.waitingSave(place);
    const unsent = stampOf(waiting?.stamps ?? {}, 'tag_id');
    if (unsent === undefined || unsent < later) queue.save(place, { ...waiting?.stamps, tag_id: later }, waiting);
    return true;
  };
}
