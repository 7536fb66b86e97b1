import type { Deleted } from '../../../shared/contract/photos.ts';
import type { PhotoID } from '../../../shared/ids.ts';
import {
  addToAlbum,
  allHave,
  announce,
  leaveViewer,
  limited,
  rate,
  restore,
  sayRefused,
  toggleFavourite,
  toggleHidden,
  trash,
  trashedIDs,
} from '../../data/actions.ts';
import { openDialog } from '../../data/core.ts';
import type { Core } from '../../data/core.ts';
import { goTo } from '../../data/navigation.ts';
import type { Place } from '../../data/navigation.ts';
import { emptySelection } from '../../data/selection.ts';
import { showToast } from '../../data/toasts.ts';
import type { CommandHandler, Feature } from '../registry.ts';
import { LibrarySidebar, TrashSidebar } from './LibrarySidebar.tsx';
import { selectAll } from './selectAll.ts';

const rated = (rating: number): CommandHandler => ({
  run: (core, { photoIDs }) => rate(core, photoIDs, rating),
});

const go = (place: Place): CommandHandler => ({ run: (core) => goTo(core.navigation, place) });

/** Selects the whole list; pages that were never shown are asked for by id. */
/** What deleting these for good takes away, and from whom. */
async function lossText(core: Core, ids: readonly PhotoID[], shared: readonly PhotoID[]): Promise<string> {
  const { t } = core;
  if (shared.length === 0) return t('trash.deleteText');
  const others = t('trash.deleteShared', { count: shared.length, rest: ids.length - shared.length });
  const shares = await core.client.sharing.list({});
  const stays = shares.every((share) => share.rights.includes('DELETE')) ? [] : [t('trash.deleteStays')];
  return [t('trash.deleteText'), others, ...stays].join(' ');
}

function tellDeleted(core: Core, { changed, refused, filesLeft }: Deleted): void {
  const { t } = core;
  if (changed > 0)
    showToast(core.toasts, { tone: 'plain', text: t('photos.deleted', { count: changed }), action: null });
  sayRefused(core, refused);
  if (filesLeft === null) return;
  const text = t('photos.filesLeft', { count: filesLeft.count, ...filesLeft.example });
  showToast(core.toasts, { tone: 'error', text, action: null });
}

async function emptyTrash(core: Core): Promise<void> {
  const [all, shared] = await Promise.all([trashedIDs(core, 'both'), trashedIDs(core, 'shared')]);
  if (all.length === 0) {
    showToast(core.toasts, { tone: 'plain', text: core.t('empty.trash'), action: null });
    return;
  }
  openDialog(core, {
    kind: 'confirm',
    title: core.t('trash.emptyTitle', { count: all.length }),
    text: await lossText(core, all, shared),
    confirm: core.t('trash.emptyConfirm'),
    danger: true,
    done: async () => {
      // Its neighbours in the list go as well.
      if (core.navigation.getState().place.kind === 'trash') core.navigation.setState({ photo: null });
      tellDeleted(core, await core.client.photos.emptyTrash({}));
    },
  });
}

/** The timeline and everything that is done with photos wherever they are shown. */
export const libraryFeature: Feature = {
  id: 'library',
  sidebar: [
    { id: 'library', order: 100, component: LibrarySidebar },
    { id: 'trash', order: 900, component: TrashSidebar },
  ],
  commands: {
    'photo.open': {
      run: (core, { photoIDs }) => {
        const { photo } = core.navigation.getState();
        const focus = core.selection.getState().focus;
        const target = focus !== null && photoIDs.includes(focus) ? focus : photoIDs[0];
        core.navigation.setState({ photo: photo === null ? (target ?? null) : null });
      },
      label: (core) => (core.navigation.getState().photo === null ? null : core.t('viewer.close')),
    },
    'photo.openWith': {
      run: async (core, { photoIDs: [id] }) => void (id === undefined || (await core.client.app.openExternal({ id }))),
    },
    'photo.reveal': {
      run: async (core, { photoIDs: [id] }) => void (id === undefined || (await core.client.app.reveal({ id }))),
    },
    'photo.addToAlbum': { run: (core, { photoIDs }) => openDialog(core, { kind: 'addToAlbum', photoIDs }) },
    'photo.removeFromAlbum': {
      applies: (_core, { album }) => album?.kind === 'manual',
      run: async (core, { photoIDs, album }) => {
        if (album === null) return;
        const { removed } = await core.client.albums.removePhotos({ id: album.id, photoIDs: limited(core, photoIDs) });
        if (removed > 0) announce(core, core.t('albums.removed', { count: removed, title: album.title }));
      },
    },
    'photo.favourite': {
      run: (core, { photoIDs }) => toggleFavourite(core, photoIDs),
      label: (core, { photoIDs }) =>
        photoIDs.length > 0 && allHave(core, photoIDs, 'favourite') ? core.t('photo.unfavourite') : null,
    },
    'photo.rate0': rated(0),
    'photo.rate1': rated(1),
    'photo.rate2': rated(2),
    'photo.rate3': rated(3),
    'photo.rate4': rated(4),
    'photo.rate5': rated(5),
    'photo.tags': { run: (core, { photoIDs }) => openDialog(core, { kind: 'tags', photoIDs }) },
    'photo.comments': {
      run: (core, { photoIDs: [id] }) => {
        core.changeSettings({ inspectorVisible: true });
        core.window.setState({ history: false, commentsWanted: id ?? null });
      },
    },
    'photo.date': { run: (core, { photoIDs }) => openDialog(core, { kind: 'date', photoIDs }) },
    'photo.place': { run: (core, { photoIDs }) => openDialog(core, { kind: 'place', photoIDs }) },
    'photo.hide': {
      run: (core, { photoIDs }) => toggleHidden(core, photoIDs),
      label: (core, { photoIDs }) =>
        photoIDs.length > 0 && allHave(core, photoIDs, 'hidden') ? core.t('photo.unhide') : null,
    },
    'photo.restore': {
      applies: (core) => core.navigation.getState().place.kind === 'trash',
      run: (core, { photoIDs }) => restore(core, photoIDs),
    },
    'photo.trash': {
      applies: (core) => core.navigation.getState().place.kind !== 'trash',
      run: (core, { photoIDs }) => trash(core, photoIDs),
    },
    'photo.deleteForever': {
      applies: (core) => core.navigation.getState().place.kind === 'trash',
      run: async (core, { photoIDs }) => {
        const asked = new Set(photoIDs);
        const shared = (await trashedIDs(core, 'shared')).filter((id) => asked.has(id));
        openDialog(core, {
          kind: 'confirm',
          title: core.t('trash.deleteTitle', { count: photoIDs.length }),
          text: await lossText(core, photoIDs, shared),
          confirm: core.t('action.delete'),
          danger: true,
          ...(core.info.capabilities.systemTrash ? { option: core.t('trash.moveFiles') } : {}),
          done: async (moveFilesToSystemTrash) => {
            leaveViewer(core, photoIDs);
            tellDeleted(
              core,
              await core.client.photos.deleteForever({ ids: limited(core, photoIDs), moveFilesToSystemTrash }),
            );
          },
        });
      },
    },
    'trash.empty': { run: emptyTrash },
    'edit.selectAll': { run: selectAll },
    'edit.selectNone': { run: (core) => core.selection.setState(emptySelection) },
    'edit.copy': {
      run: (core, { photoIDs }) => {
        core.window.setState({ copied: photoIDs });
        showToast(core.toasts, {
          tone: 'plain',
          text: core.t('photos.copied', { count: photoIDs.length }),
          action: null,
        });
      },
    },
    'edit.paste': {
      run: async (core, { album }) => {
        const { copied } = core.window.getState();
        if (album !== null) await addToAlbum(core, album, copied);
      },
    },
    'go.library': go({ kind: 'library' }),
    'go.favourites': go({ kind: 'favourites' }),
    'go.recent': go({ kind: 'recent' }),
    'go.hidden': go({ kind: 'hidden' }),
    'go.trash': go({ kind: 'trash' }),
  },
};
