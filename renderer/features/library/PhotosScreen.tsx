import { EyeOff, Heart, Images, Search, Tag, Trash } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace } from '../../components/faces.tsx';
import { runCommand } from '../../data/commandRunner.ts';
import type { Core } from '../../data/core.ts';
import { viewOf } from '../../data/navigation.ts';
import type { Place } from '../../data/navigation.ts';
import { useCore, useNavigation, useSettings, useT } from '../../data/useCore.ts';
import { EmptyAlbumFace } from '../albums/EmptyAlbumFace.tsx';
import { useCurrentAlbum, usePlaceTitle } from '../app/PlaceTitle.tsx';
import { SearchStrip } from '../search/SearchStrip.tsx';
import { PhotoGrid } from './PhotoGrid.tsx';
import { SelectionBar } from './SelectionBar.tsx';
import { TrashStrip } from './TrashStrip.tsx';
import { useAlbumOrder } from '../albums/useAlbumOrder.ts';

/** Any list of photos: library, favourites, an album, a tag, the trash. */
export function PhotosScreen({ place }: { readonly place: Exclude<Place, { kind: 'screen' }> }) {
  const core = useCore();
  const t = useT();
  const query = useNavigation((state) => state.query);
  const scope = useSettings((settings) => settings.scope);
  const grouping = useSettings((settings) => settings.grouping);
  const title = usePlaceTitle(place);
  const { ordered, reorder } = useAlbumOrder(place, query);
  const album = useCurrentAlbum(place);
  const view = viewOf(place, query, scope);
  if (view === null) return null;
  // A folder shows the albums in it; a search in it looks through all their photos.
  if (place.kind === 'album' && query === '' && album?.kind === 'folder')
    return (
      <main className="screen">
        <EmptyAlbumFace id={place.id} />
      </main>
    );
  return (
    <main className="screen">
      {query === '' ? null : <SearchStrip view={view} />}
      {place.kind === 'trash' ? <TrashStrip /> : null}
      <PhotoGrid
        key={JSON.stringify(view.source)}
        view={view}
        label={t('grid.label', { place: title })}
        grouping={ordered || place.kind === 'recent' ? 'none' : grouping}
        empty={query === '' ? emptyFace(core, place) : nothingFound(core, query)}
        {...(reorder === null ? {} : { onReorder: reorder })}
      />
      <SelectionBar />
    </main>
  );
}

function nothingFound(core: Core, query: string): ReactNode {
  return (
    <EmptyFace icon={Search} title={core.t('empty.search')} text={core.t('empty.searchText', { query })}>
      <Button onPress={() => core.navigation.setState({ query: '' })}>{core.t('search.clear')}</Button>
    </EmptyFace>
  );
}

function emptyFace(core: Core, place: Exclude<Place, { kind: 'screen' }>): ReactNode {
  const { t } = core;
  switch (place.kind) {
    case 'library':
    case 'recent':
      return (
        <EmptyFace icon={Images} title={t('empty.library')} text={t('empty.libraryText')}>
          <Button tone="primary" large onPress={() => runCommand(core, 'import.addFolder')}>
            {t('import.addFolder')}
          </Button>
          <Button large onPress={() => runCommand(core, 'import.files')}>
            {t('import.copy')}
          </Button>
        </EmptyFace>
      );
    case 'favourites':
      return <EmptyFace icon={Heart} title={t('empty.favourites')} text={t('empty.favouritesText')} />;
    case 'hidden':
      return <EmptyFace icon={EyeOff} title={t('empty.hidden')} text={t('empty.hiddenText')} />;
    case 'trash':
      return <EmptyFace icon={Trash} title={t('empty.trash')} text={t('empty.trashText')} />;
    case 'tag':
      return <EmptyFace icon={Tag} title={t('empty.tag')} text={t('empty.tagText')} />;
    case 'album':
      return <EmptyAlbumFace id={place.id} />;
    case 'share':
      return <EmptyFace icon={Images} title={t('empty.share')} text={t('empty.shareText')} />;
  }
}
