import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Album } from '../../../shared/model/album.ts';
import type { PhotoView } from '../../../shared/model/photo.ts';
import { viewOf } from '../../data/navigation.ts';
import type { Place } from '../../data/navigation.ts';
import type { Core } from '../../data/core.ts';
import { useCore, useNavigation, useSettings, useT, useTimeline } from '../../data/useCore.ts';

/** What a place is called, from what is known of albums, tags and shares. */
export function usePlaceTitle(place: Place): string {
  const core = useCore();
  const { data: albums } = useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  const { data: tags } = useQuery({
    ...core.queries.tags.list.queryOptions({ input: {} }),
    enabled: place.kind === 'tag',
  });
  const { data: shares } = useQuery({
    ...core.queries.sharing.list.queryOptions({ input: {} }),
    enabled: place.kind === 'share',
  });
  switch (place.kind) {
    case 'album':
      return albums?.find((album) => album.id === place.id)?.title ?? '';
    case 'tag':
      return tags?.find((tag) => tag.id === place.id)?.name ?? '';
    case 'share':
      return shares?.find((share) => share.id === place.id)?.title ?? core.t('place.share');
    case 'screen':
      return screenTitle(core, place);
    default:
      return core.t(`place.${place.kind}`);
  }
}

function screenTitle(core: Core, place: Extract<Place, { kind: 'screen' }>): string {
  return core.registry.screen(place.name)?.title(core, place.arg) ?? core.t('place.unknown');
}

/** The album of a place, as far as the list of albums is known. */
export function useCurrentAlbum(place: Place): Album | undefined {
  const core = useCore();
  const { data } = useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  return place.kind === 'album' ? data?.find((album) => album.id === place.id) : undefined;
}

/** Title and number of photos of the place, in the toolbar and for the window's own title. */
export function PlaceTitle() {
  const place = useNavigation((state) => state.place);
  const query = useNavigation((state) => state.query);
  const scope = useSettings((settings) => settings.scope);
  const title = usePlaceTitle(place);
  const view = viewOf(place, query, scope);
  const folder = useCurrentAlbum(place)?.kind === 'folder';
  useEffect(() => {
    document.title = title === '' ? 'Shoebox' : `${title} – Shoebox`;
  }, [title]);
  return (
    <div className="toolbar__title">
      <h1>{title}</h1>
      {view === null || (folder && query === '') ? null : <Count view={view} />}
    </div>
  );
}

function Count({ view }: { readonly view: PhotoView }) {
  const t = useT();
  const { snapshot } = useTimeline(view);
  if (snapshot.count === 0) return null;
  return (
    <span className="toolbar__count">
      {t(snapshot.complete ? 'count.photos' : 'count.photosSoFar', { count: snapshot.count })}
    </span>
  );
}
