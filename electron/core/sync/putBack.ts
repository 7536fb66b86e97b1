import { stampAfter, type HybridStamp } from '../../../shared/cloud/hybridClock.ts';
import type { Orphan } from './asideTables.ts';
import type { ChangeQueue } from './changeQueue.ts';
import type { CloudItem } from './cloudDatabase.ts';
import { stampsField, type RecordMapper } from './recordMapper.ts';
import { overlayStamps, stampOf } from './stamps.ts';

/** The tag a photo-tag pair was made for, where that lies in the same zone and is not about to go. */
export type FirstTag = (pair: {
  readonly id: string;
  readonly photoID: string;
  readonly zoneID: string;
}) => string | undefined;

/**
 * Makes what becomes of a pair that somebody moved onto a tag, as doubles are merged, who had not heard that the tag was deleted:
 * it goes back to the tag it is on here, or else was made for. Whoever moved it would bring it back too, and may never be here
 * again. Call it inside a `sync` transaction, for a record that waits for a row which the server says is deleted.
 * @returns of the function, false when there is nothing to go back to
 */
export function createPutBack({
  mapper,
  queue,
  firstTag,
  onStamp,
  save,
}: {
  readonly mapper: RecordMapper;
  readonly queue: ChangeQueue;
  readonly firstTag: FirstTag;
  readonly onStamp: (stamp: HybridStamp) => void;
  readonly save: (record: CloudItem, zone: { readonly id: string }) => void;
}): (orphan: Orphan) => boolean {
  return ({ entity, rowId, zoneId, record }) => {
    if (entity !== 'PhotoTag') return false;
    const item = JSON.parse(record) as CloudItem;
    const { values, stamps } = mapper.read(item);
    const moved = stampOf(stamps, 'tag_id');
    const row = mapper.row(entity, rowId);
    const tag =
      row?.['zone_id'] === zoneId
        ? String(row['tag_id'])
        : firstTag({ id: rowId, photoID: String(values['photo_id']), zoneID: zoneId });
    if (tag === undefined || moved === undefined || mapper.row('Tag', tag)?.['zone_id'] !== zoneId) return false;
    const later = stampAfter(moved, moved);
    onStamp(later);
    const back = {
      tag_id: { value: tag, type: 'STRING' },
      [stampsField]: { value: JSON.stringify(overlayStamps(stamps, { tag_id: later })), type: 'STRING' },
    };
    save({ ...item, fields: { ...item.fields, ...back } }, { id: zoneId });
    // Its photo may not be here.
    if (mapper.row(entity, rowId)?.['tag_id'] !== tag) return false;
    const place = { entity, rowId, zoneId } as const;
    const waiting = queue.waitingSave(place);
    queue.save(place, { ...waiting?.stamps, tag_id: later }, waiting);
    return true;
  };
}
