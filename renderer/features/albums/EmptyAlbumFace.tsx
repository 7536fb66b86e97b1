import { useQuery } from '@tanstack/react-query';
import { Folder, Settings2, SquareBookmark } from 'lucide-react';
import type { AlbumID } from '../../../shared/ids.ts';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace } from '../../components/faces.tsx';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT } from '../../data/useCore.ts';
import { editRules } from './albumSteps.ts';
import { deferred } from '../deferred.tsx';

const AlbumsScreen = deferred(() => import('./AlbumsScreen.tsx').then((part) => part.AlbumsScreen));

/** What an album without photos says: how photos get into it, by its kind. A folder shows the albums in it. */
export function EmptyAlbumFace({ id }: { readonly id: AlbumID }) {
  const core = useCore();
  const t = useT();
  const { data: albums } = useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  const album = albums?.find((each) => each.id === id);
  if (albums !== undefined && album === undefined)
    return (
      <EmptyFace icon={SquareBookmark} title={t('albums.gone')} text={t('albums.goneText')}>
        <Button onPress={() => goTo(core.navigation, { kind: 'screen', name: 'albums', arg: '' })}>
          {t('place.albums')}
        </Button>
      </EmptyFace>
    );
  if (album?.kind === 'folder') {
    const inside = albums?.some((each) => each.parentID === id) ?? false;
    return inside ? (
      <AlbumsScreen arg={id} />
    ) : (
      <EmptyFace icon={Folder} title={t('empty.folder')} text={t('empty.folderText')} />
    );
  }
  if (album?.kind === 'smart')
    return (
      <EmptyFace icon={Settings2} title={t('empty.smart')} text={t('empty.smartText')}>
        {album.mayEdit ? <Button onPress={() => editRules(core, album)}>{t('albums.editRules')}</Button> : null}
      </EmptyFace>
    );
  return (
    <EmptyFace icon={SquareBookmark} title={t('empty.album')} text={t('empty.albumText')}>
      <Button onPress={() => goTo(core.navigation, { kind: 'library' })}>{t('empty.albumAction')}</Button>
    </EmptyFace>
  );
}
