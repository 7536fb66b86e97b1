import { useQuery } from '@tanstack/react-query';
import { Plus, SquareBookmark } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { PhotoID } from '../../../shared/ids.ts';
import type { Album } from '../../../shared/model/album.ts';
import { Button } from '../../components/buttons.tsx';
import { EmptyFace, ErrorFace, LoadingFace } from '../../components/faces.tsx';
import { ContextMenu } from '../../components/menus.tsx';
import { Thumb } from '../../components/Thumb.tsx';
import { addToAlbum } from '../../data/actions.ts';
import { runCommand } from '../../data/commandRunner.ts';
import { carriesPhotos, draggedPhotos } from '../../data/drag.ts';
import { goTo } from '../../data/navigation.ts';
import { useCore, useT, useTile } from '../../data/useCore.ts';
import { placeholderColour } from '../library/placeholderQueue.ts';
import { AlbumIcon } from './AlbumSidebar.tsx';
import { albumMenu } from './albumMenu.ts';
import { albumTree } from './albumTree.ts';
import './albums.css';

/** Most covers asked for at once; a tile call takes no more. */
const mostCovers = 500;

function Cover({ id }: { readonly id: PhotoID }) {
  const core = useCore();
  const tile = useTile(id);
  const colour = tile?.thumbhash == null ? null : placeholderColour(tile.thumbhash);
  return (
    <span className="album-card__cover" style={colour === null ? {} : { backgroundColor: colour }}>
      {tile?.state === 'ready' ? <Thumb src={core.bridge.mediaURL(id, 'thumb', tile.version)} /> : null}
    </span>
  );
}

function AlbumCard({
  album,
  inside,
  onMenu,
}: {
  readonly album: Album;
  readonly inside: readonly Album[];
  readonly onMenu: (x: number, y: number) => void;
}) {
  const core = useCore();
  const t = useT();
  const [over, setOver] = useState(false);
  const takes = album.kind === 'manual' && album.mayAdd;
  const covers =
    album.kind === 'folder'
      ? inside
          .map((each) => each.coverPhotoID)
          .filter((id) => id !== null)
          .slice(0, 4)
      : [];
  return (
    <li>
      <button
        type="button"
        className="album-card"
        data-over={over || undefined}
        onClick={() => goTo(core.navigation, { kind: 'album', id: album.id })}
        onContextMenu={(event) => {
          event.preventDefault();
          const box = event.currentTarget.getBoundingClientRect();
          onMenu(event.button === 2 ? event.clientX : box.left + 32, event.button === 2 ? event.clientY : box.top + 32);
        }}
        onDragOver={(event) => {
          if (!takes || !carriesPhotos(event.dataTransfer)) return;
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          setOver(false);
          if (!takes) return;
          event.preventDefault();
          addToAlbum(core, album, draggedPhotos(event.dataTransfer)).catch(core.report);
        }}
      >
        {album.kind === 'folder' ? (
          <span className="album-card__cover album-card__cover--four">
            {covers.length === 0 ? (
              <AlbumIcon album={album} size={32} />
            ) : (
              covers.map((id) => <Cover key={id} id={id} />)
            )}
          </span>
        ) : album.coverPhotoID === null ? (
          <span className="album-card__cover">
            <AlbumIcon album={album} size={32} />
          </span>
        ) : (
          <Cover id={album.coverPhotoID} />
        )}
        <span className="album-card__title">
          {album.kind === 'manual' ? null : <AlbumIcon album={album} size={14} />}
          {album.title}
        </span>
        <span className="album-card__count">
          {album.kind === 'folder'
            ? t('albums.count', { count: inside.length })
            : t('count.photos', { count: album.count })}
        </span>
      </button>
    </li>
  );
}

/** All albums of a folder, or of the top, as covers. `arg` is the folder's id, or empty. */
export function AlbumsScreen({ arg }: { readonly arg: string }) {
  const core = useCore();
  const t = useT();
  const { data: albums, error, refetch } = useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  const [menu, setMenu] = useState<{ readonly x: number; readonly y: number; readonly album: Album } | null>(null);
  const shown = useMemo(() => {
    const find = (nodes: ReturnType<typeof albumTree>): ReturnType<typeof albumTree> => {
      if (arg === '') return nodes;
      for (const node of nodes) {
        if (node.album.id === arg) return node.children;
        const found = find(node.children);
        if (found.length > 0) return found;
      }
      return [];
    };
    return find(albumTree(albums ?? []));
  }, [albums, arg]);
  const list = useMemo(() => Symbol('albums'), []);
  useEffect(() => {
    const covers = (albums ?? []).map((album) => album.coverPhotoID).filter((id) => id !== null);
    core.tiles.want(list, covers.slice(0, mostCovers));
  }, [core, list, albums]);
  useEffect(() => () => core.tiles.forget(list), [core, list]);

  if (albums === undefined)
    return error === null ? <LoadingFace /> : <ErrorFace error={error} onRetry={() => void refetch()} />;
  if (shown.length === 0)
    return (
      <EmptyFace icon={SquareBookmark} title={t('empty.albums')} text={t('empty.albumsText')}>
        <Button tone="primary" icon={Plus} onPress={() => runCommand(core, 'album.new')}>
          {t('albums.new')}
        </Button>
        <Button onPress={() => runCommand(core, 'album.newSmart')}>{t('albums.newSmart')}</Button>
      </EmptyFace>
    );
  return (
    <div className="page">
      <ul className="album-grid">
        {shown.map(({ album, children }) => (
          <AlbumCard
            key={album.id}
            album={album}
            inside={children.map((child) => child.album)}
            onMenu={(x, y) => setMenu({ x, y, album })}
          />
        ))}
      </ul>
      {menu === null ? null : (
        <ContextMenu
          at={menu}
          label={menu.album.title}
          groups={albumMenu(core, menu.album, albums)}
          onClose={() => setMenu(null)}
        />
      )}
    </div>
  );
}
