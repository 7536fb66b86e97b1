import { largestChunk, uploadRequest } from './assetUpload.ts';
import type { AssetJob } from './assetQueue.ts';
import type { CloudDatabase, UploadTicket } from './cloudDatabase.ts';
import { cloudZone, type createLocalZones } from './localZones.ts';

/**
 * Asks for many uploads in one request: of a file that goes in one piece, asking alone costs a third of the whole. Larger
 * ones ask for themselves, when it is their turn: what the server promises room for is kept from others until then.
 */
export function createUploadTickets({
  cloud,
  zones,
}: {
  readonly cloud: Pick<CloudDatabase, 'requestUploads'>;
  readonly zones: Pick<ReturnType<typeof createLocalZones>, 'byId'>;
}) {
  const askFor = async (zoneID: string, jobs: readonly AssetJob[], granted: Map<string, UploadTicket>) => {
    const zone = zones.byId(zoneID);
    if (zone === undefined) return;
    const requests = jobs.map(({ resource }) => uploadRequest(resource, resource.byteSize));
    const tickets = await cloud.requestUploads(zone.store, cloudZone(zone), requests);
    for (const [index, { resource }] of jobs.entries()) {
      const ticket = tickets[index];
      if (ticket !== undefined) granted.set(resource.id, ticket);
    }
  };

  return {
    /**
     * Tickets by resource, for those of the jobs that are uploads of small files not yet begun. Where the server gives none,
     * whatever the reason, the upload asks by itself and meets that reason in its turn.
     */
    of: async (jobs: readonly AssetJob[]): Promise<ReadonlyMap<string, UploadTicket>> => {
      const small = jobs.filter(
        ({ direction, uploadUrl, resource }) =>
          direction === 'upload' && uploadUrl === null && resource.byteSize > 0 && resource.byteSize <= largestChunk,
      );
      const granted = new Map<string, UploadTicket>();
      const byZone = Map.groupBy(small, ({ resource }) => resource.zoneId);
      for (const [zoneID, some] of byZone) {
        if (some.length > 1) await askFor(zoneID, some, granted).catch(() => undefined);
      }
      return granted;
    },
  };
}
