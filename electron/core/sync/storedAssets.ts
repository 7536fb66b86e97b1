import type { z } from 'zod';
import { assetValueSchema } from '../../../shared/cloud/wireRecords.ts';
import type { AssetResource } from './assetFiles.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import { cloudZone, type LocalZones } from './localZones.ts';

/** What is read of a resource's bytes on the server; anything may be missing while they are on their way there. */
const storedAsset = assetValueSchema.partial();
export type StoredAsset = z.infer<typeof storedAsset>;

/** Asks the server what it holds of resources' bytes. Every call throws what the server's answer throws. */
export interface StoredAssets {
  /**
   * What the server holds; null for a record without any bytes. Those it has no record of are left out. The addresses in it
   * are short-lived, and rights are checked when they are made and used.
   */
  of(resources: readonly AssetResource[]): Promise<ReadonlyMap<string, StoredAsset | null>>;
  /** Where bytes can be had. `exact` answers only for bytes the server holds whole and has found to be these very ones. */
  addresses(
    resources: readonly AssetResource[],
    options?: { readonly exact?: boolean },
  ): Promise<ReadonlyMap<string, string>>;
}

export function createStoredAssets(deps: {
  readonly cloud: Pick<CloudDatabase, 'lookupRecords'>;
  readonly zones: Pick<LocalZones, 'byId'>;
}): StoredAssets {
  const { cloud, zones } = deps;

  const of: StoredAssets['of'] = async (resources) => {
    const found = new Map<string, StoredAsset | null>();
    const byZone = Map.groupBy(resources, (resource) => resource.zoneId);
    for (const [zoneId, members] of byZone) {
      const zone = zones.byId(zoneId);
      if (zone === undefined) continue;
      const records = await cloud.lookupRecords(
        zone.store,
        cloudZone(zone),
        members.map(({ id }) => id),
      );
      for (const record of records) {
        if (record.serverErrorCode !== undefined || record.deleted === true) continue;
        found.set(record.recordName, storedAsset.safeParse(record.fields?.['data']?.value).data ?? null);
      }
    }
    return found;
  };

  return {
    of,
    addresses: async (resources, { exact = false } = {}) => {
      const held = await of(resources);
      const found = new Map<string, string>();
      for (const resource of resources) {
        const value = held.get(resource.id);
        if (value?.downloadURL === undefined || (exact && !isHeldWhole(value, resource))) continue;
        found.set(resource.id, value.downloadURL.replace('${f}', encodeURIComponent(resource.id)));
      }
      return found;
    },
  };
}

/** The server names the digest of bytes only once it has them all and has computed it itself. */
function isHeldWhole(value: StoredAsset, resource: AssetResource): boolean {
  return value.size === resource.byteSize && value.sha256 === Buffer.from(resource.sha256, 'hex').toString('base64');
}
