import { cloudZone, type LocalZones } from './localZones.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import type { ExportBatch, ExportEntry } from './exporter.ts';
import { failureOfError } from './failures.ts';
import { assetField, moveReceiptField } from './recordMapper.ts';
import type { SyncMetadata } from './syncMetadata.ts';

/**
 * Lets resources that moved to another zone take their bytes along: the server points the new record at what the old one
 * holds. Nothing is uploaded again, and bytes that lie only on the server are not lost with the old record.
 * Throws what the call throws, before anything of the batch was sent; where the zone they lay in is gone, or nothing may be
 * added to the other, they go without.
 */
export async function withMovedAssets(
  batch: ExportBatch,
  deps: { readonly cloud: CloudDatabase; readonly metadata: SyncMetadata; readonly zones: LocalZones },
): Promise<ExportBatch> {
  const { cloud, metadata, zones } = deps;
  const sourceOf = ({ pending, operation }: ExportEntry): string | undefined =>
    pending.entity === 'Resource' &&
    operation.operationType === 'create' &&
    operation.record.fields?.[assetField] === undefined &&
    operation.record.fields?.[moveReceiptField] !== undefined
      ? metadata.pending('Resource', pending.rowId).find((one) => one.kind === 'delete' && one.zoneId !== batch.zone.id)
          ?.zoneId
      : undefined;
  const values = new Map<string, unknown>();
  for (const [sourceID, entries] of Map.groupBy(batch.entries, sourceOf)) {
    const source = sourceID === undefined ? undefined : zones.byId(sourceID);
    if (source === undefined) continue;
    try {
      const answer = await cloud.rereference(
        source.store,
        cloudZone(source),
        cloudZone(batch.zone),
        entries.map(({ pending }) => ({ recordName: pending.rowId, fieldName: assetField })),
      );
      entries.forEach(({ pending }, index) => values.set(pending.rowId, answer[index]));
    } catch (error) {
      const { code } = failureOfError(error);
      // A restored server may have no such zone, nor anything in it to point at: whoever has the bytes sends them again. Where
      // I may not add, each record is refused for itself, and shown: thrown, it would hold up everything else for good.
      if (code !== 'ZONE_NOT_FOUND' && code !== 'ACCESS_DENIED') throw error;
    }
  }
  if (values.size === 0) return batch;
  return {
    ...batch,
    entries: batch.entries.map((entry) => {
      const value = entry.pending.entity === 'Resource' ? values.get(entry.pending.rowId) : undefined;
      if (value === undefined) return entry;
      const { record } = entry.operation;
      const fields = { ...record.fields, [assetField]: { value, type: 'ASSETID' } };
      return { ...entry, operation: { ...entry.operation, record: { ...record, fields } } };
    }),
  };
}
