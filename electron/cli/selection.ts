import type { PhotoID } from '../../shared/ids.ts';
import type { CoreClient } from './coreSession.ts';
import type { FlagValues } from './command.ts';
import { UsageError } from './usageError.ts';

/** The flag by which a command takes photos by a search instead of by id. */
export const whereFlag = { where: { type: 'string' } } as const;

/**
 * The photos a command is about: those named by id, or those a search finds with `--where`.
 * @throws UsageError when neither or both are given
 */
export async function selectedPhotos(
  client: CoreClient,
  ids: readonly string[],
  flags: FlagValues,
  source: 'library' | 'trash' = 'library',
): Promise<PhotoID[]> {
  const where = flags['where'];
  if (typeof where === 'string' && ids.length > 0) {
    throw new UsageError('Name photos by id or by --where, not by both.');
  }
  if (typeof where === 'string') {
    return client.photos.allIDs({ view: { source: { kind: source }, scope: 'both', query: where } });
  }
  if (ids.length === 0)
    throw new UsageError('Name photos by their ids, as “list photos” shows them, or by --where QUERY.');
  return [...ids] as PhotoID[];
}
