import type { PhotoID } from '../../../shared/ids.ts';
import type { Album } from '../../../shared/model/album.ts';
import { announce, limited } from '../../data/actions.ts';
import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { goTo } from '../../data/navigation.ts';

/**
 * Asks for a name and makes an album or a folder of albums; photos go in at once.
 * @param name what stands in the field for the name at first
 */
export function newAlbum(core: Core, kind: 'manual' | 'folder', photoIDs: readonly PhotoID[] = [], name = ''): void {
  const { t } = core;
  openDialog(core, {
    kind: 'name',
    title: t(kind === 'folder' ? 'albums.newFolder' : 'albums.new'),
    value: name,
    confirm: t('action.create'),
    done: async (title) => {
      const asked = limited(core, photoIDs);
      const made = await core.client.albums.create({ kind, title, parentID: null, photoIDs: asked });
      await core.queryClient.invalidateQueries({ queryKey: core.queries.albums.key() });
      if (asked.length > 0) announce(core, t('albums.added', { count: asked.length, title: made.title }));
      else goTo(core.navigation, { kind: 'album', id: made.id });
    },
  });
}

export function renameAlbum(core: Core, album: Album): void {
  const { t } = core;
  openDialog(core, {
    kind: 'name',
    title: t('albums.renameTitle'),
    value: album.title,
    confirm: t('action.rename'),
    done: async (title) => void (await core.client.albums.update({ id: album.id, title })),
  });
}

export function editRules(core: Core, album: Album | null): void {
  openDialog(core, { kind: 'rules', album });
}

export async function duplicateAlbum(core: Core, album: Album): Promise<void> {
  const made = await core.client.albums.duplicate({ id: album.id });
  await core.queryClient.invalidateQueries({ queryKey: core.queries.albums.key() });
  goTo(core.navigation, { kind: 'album', id: made.id });
}

export async function convertAlbum(core: Core, album: Album): Promise<void> {
  await core.client.albums.convertToManual({ id: album.id });
  announce(core, core.t('albums.converted', { title: album.title }));
}

/** Asks, saying that the photos stay, and deletes an album or a folder with the albums in it. */
export function deleteAlbum(core: Core, album: Album): void {
  const { t } = core;
  openDialog(core, {
    kind: 'confirm',
    title: t('albums.deleteTitle', { title: album.title }),
    text: t(album.kind === 'folder' ? 'albums.deleteFolderText' : 'albums.deleteText'),
    confirm: t('action.delete'),
    danger: true,
    done: async () => {
      await core.client.albums.delete({ id: album.id });
      const { place } = core.navigation.getState();
      if (place.kind === 'album' && place.id === album.id) goTo(core.navigation, { kind: 'library' });
      announce(core, t('albums.deleted', { title: album.title }));
    },
  });
}
