import type { z } from 'zod';
import { assetValueSchema } from '../../../shared/cloud/wireRecords.ts';
import type { AssetResource } from './assetFiles.ts';
import type { CloudDatabase } from './cloudDatabase.ts';
import { decide, failureOfError } from './failures.ts';
import { cloudZone, type LocalZones } from './localZones.ts';

/** What is read of a resource's bytes on the server; anything may be missing while they are on their way there. */
const storedAsset = assetValueSchema.partial();
export type StoredAsset = z.infer<typeof storedAsset>;

/** What the server holds, and of which resources it would say nothing: of a zone that has ended or is closed to us. */
export interface StoredAnswer<T> {
  readonly found: ReadonlyMap<string, T>;
  readonly refused: readonly { readonly resource: AssetResource; readonly error: unknown }[];
}

/**
 * Whether an asset is of other bytes than those with this hash (hex): the server names the digest of what it holds whole.
 * Where it names none, they are taken to be the same.
 */
export function holdsOthers(asset: unknown, sha256: string | null): boolean {
  const digest = storedAsset.safeParse(asset).data?.sha256;
  return digest !== undefined && sha256 !== null && digest !== base64(sha256);
}

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

/**
 * Asks the server what it holds of resources' bytes. Every call throws what the server's answer throws, but for what it says
 * of one zone alone.
 */
export interface StoredAssets {
  /**
   * What the server holds; null for a record without any bytes. Those it has no record of are left out. The addresses in it
   * are short-lived, and rights are checked when they are made and used.
   */
  of(resources: readonly AssetResource[]): Promise<StoredAnswer<StoredAsset | null>>;
  /** Where bytes can be had. `exact` answers only for bytes the server holds whole and has found to be these very ones. */
  addresses(resources: readonly AssetResource[], options?: { readonly exact?: boolean }): Promise<StoredAnswer<string>>;
}

export function createStoredAssets(deps: {
  readonly cloud: Pick<CloudDatabase, 'lookupRecords'>;
  readonly zones: Pick<LocalZones, 'byId'>;
}): StoredAssets {
  const { cloud, zones } = deps;

  const of: StoredAssets['of'] = async (resources) => {
    const found = new Map<string, StoredAsset | null>();
    const refused: { resource: AssetResource; error: unknown }[] = [];
    const byZone = Map.groupBy(resources, (resource) => resource.zoneId);
    for (const [zoneId, members] of byZone) {
      const zone = zones.byId(zoneId);
      if (zone === undefined) continue;
      const ids = members.map(({ id }) => id);
      let records: Awaited<ReturnType<typeof cloud.lookupRecords>>;
      try {
        records = await cloud.lookupRecords(zone.store, cloudZone(zone), ids);
      } catch (error) {
        if (isEverybodys(error)) throw error;
        refused.push(...members.map((resource) => ({ resource, error })));
        continue;
      }
      for (const record of records) {
        if (record.serverErrorCode !== undefined || record.deleted === true) continue;
        found.set(record.recordName, storedAsset.safeParse(record.fields?.['data']?.value).data ?? null);
      }
    }
    return { found, refused };
  };

  return {
    of,
    addresses: async (resources, { exact = false } = {}) => {
      const { found: held, refused } = await of(resources);
      const found = new Map<string, string>();
      for (const resource of resources) {
        const value = held.get(resource.id);
        if (value?.downloadURL === undefined || (exact && !isHeldWhole(value, resource))) continue;
        // The bytes of before: those the row speaks of have not come there yet.
        if (holdsOthers(value, resource.sha256)) continue;
        found.set(resource.id, value.downloadURL.replace('${f}', encodeURIComponent(resource.id)));
      }
      return { found, refused };
    },
  };
}

/** The server names the digest of bytes only once it has them all and has computed it itself. */
function isHeldWhole(value: StoredAsset, resource: AssetResource): boolean {
  return value.size === resource.byteSize && value.sha256 === base64(resource.sha256);
}

/** What any question would have met: nobody answered, nobody is signed in, the server asks for time. */
function isEverybodys(error: unknown): boolean {
  const { do: what } = decide(failureOfError(error).code, { doing: 'download', participant: false });
  return what === 'backOff' || what === 'signIn';
}
