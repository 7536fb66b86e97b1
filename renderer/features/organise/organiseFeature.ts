import { deferred } from '../deferred.tsx';
import { goTo } from '../../data/navigation.ts';
import type { CommandHandler, Feature } from '../registry.ts';
import { AlbumSidebar } from '../albums/AlbumSidebar.tsx';
import * as albums from '../albums/albumSteps.ts';
import { moveInAlbum } from '../albums/moveInAlbum.ts';
import { announce } from '../../data/actions.ts';
import { openDialog } from '../../data/core.ts';
import type { Album } from '../../../shared/model/album.ts';
import type { Core } from '../../data/core.ts';
import { AlbumsSection, CommentsSection, TagsSection } from '../inspector/sections.tsx';
import { FactsSection } from '../inspector/FactsSection.tsx';
import { TextSection } from '../inspector/TextSection.tsx';
import { focusSearchEvent } from '../search/SearchField.tsx';

/** A command on the album that is shown; it is left out elsewhere. */
function onAlbum(
  run: (core: Core, album: Album) => void | Promise<void>,
  kinds?: readonly Album['kind'][],
): CommandHandler {
  return {
    applies: (_core, { album }) => album !== null && (kinds === undefined || kinds.includes(album.kind)),
    run: (core, { album }) => (album === null ? undefined : run(core, album)),
  };
}

/** The order of an album that is kept by hand, by key: what dragging does with the mouse. */
const moving = (direction: 'earlier' | 'later'): CommandHandler => ({
  applies: (core, { album }) =>
    album?.kind === 'manual' && album.sort === 'manual' && core.navigation.getState().query === '',
  run: (core, { album, photoIDs }) => (album === null ? undefined : moveInAlbum(core, album, photoIDs, direction)),
});

const screen = (name: string): CommandHandler => ({
  run: (core) => goTo(core.navigation, { kind: 'screen', name, arg: '' }),
});

const AlbumsScreen = deferred(() => import('../albums/AlbumsScreen.tsx').then((part) => part.AlbumsScreen));
const MapScreen = deferred(() => import('../search/MapScreen.tsx').then((part) => part.MapScreen));
const DuplicatesScreen = deferred(() => import('./DuplicatesScreen.tsx').then((part) => part.DuplicatesScreen));
const TagsScreen = deferred(() => import('./TagsScreen.tsx').then((part) => part.TagsScreen));

/** Albums, tags, search, map and duplicates. */
export const organiseFeature: Feature = {
  id: 'organise',
  preload: [AlbumsScreen, TagsScreen, MapScreen, DuplicatesScreen],
  sidebar: [{ id: 'albums', order: 300, component: AlbumSidebar }],
  screens: [
    { name: 'albums', title: (core) => core.t('place.albums'), component: AlbumsScreen },
    { name: 'tags', title: (core) => core.t('place.tags'), component: TagsScreen },
    { name: 'map', title: (core) => core.t('place.map'), component: MapScreen },
    { name: 'duplicates', title: (core) => core.t('place.duplicates'), component: DuplicatesScreen },
  ],
  inspector: [
    { id: 'text', order: 100, component: TextSection },
    { id: 'facts', order: 200, component: FactsSection },
    { id: 'tags', order: 300, component: TagsSection },
    { id: 'albums', order: 400, component: AlbumsSection },
    { id: 'comments', order: 600, component: CommentsSection },
  ],
  commands: {
    'album.new': { run: (core, { photoIDs }) => albums.newAlbum(core, 'manual', photoIDs) },
    'album.newSmart': { run: (core) => albums.editRules(core, null) },
    'album.newFolder': { run: (core) => albums.newAlbum(core, 'folder') },
    'album.rename': onAlbum(albums.renameAlbum),
    'album.editRules': onAlbum(albums.editRules, ['smart']),
    'album.duplicate': onAlbum(albums.duplicateAlbum),
    'album.convert': onAlbum(albums.convertAlbum, ['smart']),
    'album.delete': onAlbum(albums.deleteAlbum),
    'album.moveEarlier': moving('earlier'),
    'album.moveLater': moving('later'),
    'album.setCover': {
      applies: (_core, { album }) => album !== null,
      run: async (core, { album, photoIDs: [id] }) => {
        if (album === null || id === undefined) return;
        await core.client.albums.update({ id: album.id, coverPhotoID: id });
        announce(core, core.t('albums.coverSet', { title: album.title }));
      },
    },
    'search.focus': { run: () => void window.dispatchEvent(new Event(focusSearchEvent)) },
    'search.save': {
      run: (core) => {
        const { query } = core.navigation.getState();
        openDialog(core, {
          kind: 'name',
          title: core.t('search.saveTitle'),
          value: query,
          confirm: core.t('action.save'),
          done: async (title) => {
            await core.client.search.save({ title, query });
            await core.queryClient.invalidateQueries({ queryKey: core.queries.search.key() });
          },
        });
      },
    },
    'go.albums': screen('albums'),
    'go.tags': screen('tags'),
    'go.map': screen('map'),
    'go.duplicates': screen('duplicates'),
  },
};
