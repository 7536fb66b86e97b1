import { libraryZone } from '../../../shared/ids.ts';
import type { Connection } from '../store/connection.ts';
import { derivedId } from '../store/derivedId.ts';

/**
 * The id of a new rating of mine, which lies in this zone. My computers make the same one, whatever makes them rate, so
 * that a photo never has two of mine. In a share it also says whose it is, since everybody there has their own; before
 * there is an account nobody else can rate in a zone of mine, so any fixed word will do.
 */
export function myRatingID(connection: Connection, photoID: string, zoneID: string): string {
  if (zoneID === libraryZone) return derivedId('Rating', photoID, libraryZone);
  const account = connection.statement<[], { user: string }>('SELECT user_name AS user FROM sync_account').get();
  return derivedId('Rating', photoID, account?.user ?? 'me');
}
