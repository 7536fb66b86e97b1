import type { AssetJob } from './assetQueue.ts';
import type { UploadTicket } from './cloudDatabase.ts';
import type { PictureBatches } from './pictureBatches.ts';
import type { StoredAnswer, StoredAssets } from './storedAssets.ts';
import type { createUploadTickets } from './uploadTickets.ts';

/** What the server has said about a transfer before its turn. */
export type Prepared =
  /** Without a ticket the upload asks for itself. */
  | { readonly direction: 'upload'; readonly ticket: UploadTicket | undefined }
  | { readonly direction: 'download'; readonly url: string };

/** How long what the server said is relied on, in ms. Its addresses last an hour, and rights may end at any moment. */
const lasting = 5 * 60_000;

const nothing: StoredAnswer<string> = { found: new Map(), refused: [] };

/**
 * The server is asked about many transfers with one request. Which of them is next, the queue alone decides when it comes to
 * it: what was said of a job that has changed since, or said long ago, is not made use of.
 */
export function createPreparedTransfers(deps: {
  readonly batches: PictureBatches;
  readonly stored: Pick<StoredAssets, 'addresses'>;
  readonly tickets: ReturnType<typeof createUploadTickets>;
  readonly now: () => number;
}) {
  const { batches, stored, tickets, now } = deps;
  const known = new Map<string, Prepared & { readonly sameJob: string; readonly until: number }>();

  const holds = (job: AssetJob): boolean => {
    const said = known.get(job.resource.id);
    return said !== undefined && said.sameJob === identity(job) && now() < said.until;
  };

  return {
    /** What was said of this job, once; undefined when the server has to be asked. */
    take: (job: AssetJob): Prepared | undefined => {
      const said = holds(job) ? known.get(job.resource.id) : undefined;
      known.delete(job.resource.id);
      return said;
    },

    /**
     * Asks about these jobs, the next ones of the queue, and brings those of them that are pictures for the grid.
     * @returns `brought`: those whose bytes are here now; `absent`: downloads whose bytes the server does not have; `refused`:
     * downloads it says nothing about, with what it says instead
     * @throws AppError what keeps the server from answering
     */
    prepare: async (
      due: readonly AssetJob[],
    ): Promise<{
      readonly brought: readonly AssetJob[];
      readonly absent: readonly AssetJob[];
      readonly refused: readonly { readonly job: AssetJob; readonly error: unknown }[];
    }> => {
      const fresh = due.filter((job) => !holds(job));
      const brought = await batches.take(fresh);
      const jobs = fresh.filter(({ resource }) => !brought.has(resource.id));
      const downloads = jobs.filter(({ direction }) => direction === 'download').map(({ resource }) => resource);
      const addresses = downloads.length === 0 ? nothing : await stored.addresses(downloads);
      const errors = new Map(addresses.refused.map(({ resource, error }) => [resource.id, error]));
      const granted = await tickets.of(jobs);
      const wanted = new Set(due.map(({ resource }) => resource.id));
      for (const id of known.keys()) if (!wanted.has(id)) known.delete(id);
      const absent: AssetJob[] = [];
      const refused: { job: AssetJob; error: unknown }[] = [];
      for (const job of jobs) {
        const { id } = job.resource;
        const kept = { sameJob: identity(job), until: now() + lasting };
        const url = addresses.found.get(id);
        if (job.direction === 'upload') known.set(id, { ...kept, direction: 'upload', ticket: granted.get(id) });
        else if (errors.has(id)) refused.push({ job, error: errors.get(id) });
        else if (url === undefined) absent.push(job);
        else known.set(id, { ...kept, direction: 'download', url });
      }
      return { brought: fresh.filter(({ resource }) => brought.has(resource.id)), absent, refused };
    },
  };
}

/** Another text when a job is about other bytes, another place or the other direction. */
function identity({ direction, resource }: AssetJob): string {
  return `${direction} ${resource.zoneId} ${resource.sha256}`;
}
