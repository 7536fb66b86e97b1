import type { AlbumID } from '../../../shared/ids.ts';
import type { Share } from '../../../shared/model/share.ts';
import type { Core } from '../../data/core.ts';
import { showToast } from '../../data/toasts.ts';

/** The share that is open when an import begins, and the album of it, if one is. */
export type ImportTarget = { readonly share: Share; readonly albumID: AlbumID | null } | null;

/** Where photos go besides the library: to the share, or the album of a share, that the window shows. */
export async function importTarget(core: Core): Promise<ImportTarget> {
  const { place } = core.navigation.getState();
  if (place.kind !== 'share' && place.kind !== 'album') return null;
  const [shares, albums] = await Promise.all([
    core.client.sharing.list({}),
    place.kind === 'album' ? core.client.albums.list({}) : [],
  ]);
  const album = albums.find(({ id }) => place.kind === 'album' && id === place.id);
  const zone = place.kind === 'share' ? place.id : album?.zoneID;
  const share = shares.find(({ id }) => id === zone);
  return share === undefined ? null : { share, albumID: album?.kind === 'manual' ? album.id : null };
}

/** Lets the photos of an import go on to a share once they have been read, and says so. */
export async function sendOn(core: Core, target: ImportTarget, sessionID: string): Promise<void> {
  if (target === null) return;
  const { share, albumID } = target;
  const may = share.rights.includes('ADD') && share.state === 'active';
  if (may) await core.client.sharing.addImported({ id: share.id, sessionID, albumID });
  showToast(core.toasts, {
    tone: 'plain',
    text: core.t(may ? 'import.toShare' : 'import.notToShare', { title: share.title }),
    action: null,
  });
}
