import { useQuery } from '@tanstack/react-query';
import { ChevronRight, Folder, LayoutGrid, Plus, Settings2, SquareBookmark, Users } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type { DragEvent } from 'react';
import { Button, Collection, Tree, TreeItem, TreeItemContent } from 'react-aria-components';
import type { AlbumID } from '../../../shared/ids.ts';
import type { Album } from '../../../shared/model/album.ts';
import { ContextMenu, MenuButton } from '../../components/menus.tsx';
import { addToAlbum } from '../../data/actions.ts';
import { runCommand } from '../../data/commandRunner.ts';
import { countText } from '../../data/describe.ts';
import { albumDragType, carriesPhotos, draggedPhotos } from '../../data/drag.ts';
import { goTo } from '../../data/navigation.ts';
import { useCore, useNavigation, useT } from '../../data/useCore.ts';
import { SidebarGroup, SidebarRow } from '../app/SidebarRow.tsx';
import { SavedSearches } from '../search/SavedSearches.tsx';
import { albumMenu } from './albumMenu.ts';
import { albumTree, mayMoveInto, siblings } from './albumTree.ts';
import type { AlbumNode } from './albumTree.ts';

/** The icon that tells the kinds of album apart. */
export function AlbumIcon({ album, size = 16 }: { readonly album: Album; readonly size?: number }) {
  const Icon = album.kind === 'folder' ? Folder : album.kind === 'smart' ? Settings2 : SquareBookmark;
  return <Icon size={size} strokeWidth={1.75} aria-hidden />;
}

type Edge = 'before' | 'after' | 'into';

/** Albums, folders and smart albums as a tree: photos drop onto them, albums move by dragging or by their menu. */
export function AlbumSidebar() {
  const core = useCore();
  const t = useT();
  const { data: albums = [] } = useQuery(core.queries.albums.list.queryOptions({ input: {} }));
  const tree = useMemo(() => albumTree(albums.filter((album) => album.shared !== 'withMe')), [albums]);
  const current = useNavigation((state) => (state.place.kind === 'album' ? state.place.id : null));
  const [menu, setMenu] = useState<{ readonly x: number; readonly y: number; readonly album: Album } | null>(null);
  const root = useRef<HTMLDivElement>(null);
  // What was closed is remembered, so that a new folder stands open.
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const folders = useMemo(
    () => albums.filter((each) => each.kind === 'folder').map((each): string => each.id),
    [albums],
  );

  const item = (node: AlbumNode) => (
    <TreeItem key={node.album.id} id={node.album.id} textValue={node.album.title} className="sidebar__tree-item">
      <TreeItemContent>
        {({ hasChildItems, level }) => (
          <AlbumRow
            album={node.album}
            albums={albums}
            current={node.album.id === current}
            level={level}
            expandable={hasChildItems}
            nested={albums.some((each) => each.kind === 'folder')}
          />
        )}
      </TreeItemContent>
      <Collection items={node.children.map((child) => ({ ...child, id: child.album.id }))}>{item}</Collection>
    </TreeItem>
  );

  return (
    <SidebarGroup
      title={t('sidebar.albums')}
      action={
        <MenuButton
          icon={Plus}
          label={t('albums.newMenu')}
          groups={() => [
            [
              { id: 'manual', label: t('albums.new'), run: () => runCommand(core, 'album.new') },
              { id: 'smart', label: t('albums.newSmart'), run: () => runCommand(core, 'album.newSmart') },
              { id: 'folder', label: t('albums.newFolder'), run: () => runCommand(core, 'album.newFolder') },
            ],
          ]}
        />
      }
    >
      <ul>
        <SidebarRow icon={LayoutGrid} label={t('place.albums')} place={{ kind: 'screen', name: 'albums', arg: '' }} />
      </ul>
      {tree.length === 0 ? null : (
        <div
          ref={root}
          onContextMenu={(event) => {
            const row =
              event.target instanceof Element ? event.target.closest<HTMLElement>('[data-album], [role="row"]') : null;
            const id = row?.dataset['album'] ?? row?.dataset['key'];
            const album = albums.find((each) => each.id === id);
            if (row === null || album === undefined) return;
            event.preventDefault();
            const box = row.getBoundingClientRect();
            const byKey = event.button !== 2;
            setMenu({ x: byKey ? box.left + 32 : event.clientX, y: byKey ? box.bottom : event.clientY, album });
          }}
        >
          <Tree
            className="sidebar__tree"
            aria-label={t('sidebar.albumTree')}
            selectionMode="none"
            expandedKeys={folders.filter((id) => !closed.has(id))}
            onExpandedChange={(keys) => setClosed(new Set(folders.filter((id) => !keys.has(id))))}
            items={tree.map((node) => ({ ...node, id: node.album.id }))}
            onAction={(key) => goTo(core.navigation, { kind: 'album', id: String(key) as AlbumID })}
          >
            {item}
          </Tree>
        </div>
      )}
      <SavedSearches />
      {menu === null ? null : (
        <ContextMenu
          at={menu}
          label={menu.album.title}
          groups={albumMenu(core, menu.album, albums)}
          onClose={() => setMenu(null)}
          returnFocus={root}
        />
      )}
    </SidebarGroup>
  );
}

type AlbumRowProps = {
  readonly album: Album;
  readonly albums: readonly Album[];
  readonly current: boolean;
  readonly level: number;
  readonly expandable: boolean;
  /** Some album is a folder: the others leave room for its arrow. */
  readonly nested: boolean;
};

function AlbumRow({ album, albums, current, level, expandable, nested }: AlbumRowProps) {
  const core = useCore();
  const t = useT();
  const [edge, setEdge] = useState<Edge | null>(null);

  const edgeOf = (event: DragEvent<HTMLElement>): Edge | null => {
    if (carriesPhotos(event.dataTransfer)) return album.kind === 'manual' && album.mayAdd ? 'into' : null;
    if (!event.dataTransfer.types.includes(albumDragType)) return null;
    const box = event.currentTarget.getBoundingClientRect();
    const part = (event.clientY - box.top) / box.height;
    if (album.kind === 'folder' && part > 0.3 && part < 0.7) return 'into';
    return part < 0.5 ? 'before' : 'after';
  };
  const drop = (event: DragEvent<HTMLElement>): void => {
    const where = edgeOf(event);
    setEdge(null);
    if (where === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (carriesPhotos(event.dataTransfer)) {
      addToAlbum(core, album, draggedPhotos(event.dataTransfer)).catch(core.report);
      return;
    }
    const moved = event.dataTransfer.getData(albumDragType) as AlbumID;
    const parentID = where === 'into' ? album.id : album.parentID;
    if (moved === album.id || !mayMoveInto(albums, moved, parentID)) return;
    const line = siblings(albums, album).filter((each) => each.id !== moved);
    const at = line.findIndex((each) => each.id === album.id);
    const before = where === 'into' ? null : where === 'before' ? album.id : (line[at + 1]?.id ?? null);
    core.client.albums.move({ id: moved, parentID, before }).catch(core.report);
  };

  return (
    <div
      className="sidebar__tree-row"
      data-album={album.id}
      data-current={current || undefined}
      data-over={edge === 'into' || undefined}
      data-edge={edge === 'before' || edge === 'after' ? edge : undefined}
      style={{ '--tree-level': level } as React.CSSProperties}
      draggable={album.mayEdit}
      onDragStart={(event) => {
        event.dataTransfer.setData(albumDragType, album.id);
        event.dataTransfer.effectAllowed = 'move';
      }}
      onDragOver={(event) => {
        const where = edgeOf(event);
        setEdge(where);
        if (where === null) return;
        event.preventDefault();
        event.stopPropagation();
        event.dataTransfer.dropEffect = carriesPhotos(event.dataTransfer) ? 'copy' : 'move';
      }}
      onDragLeave={() => setEdge(null)}
      onDrop={drop}
    >
      {expandable ? (
        <Button slot="chevron" className="sidebar__chevron">
          <ChevronRight size={14} aria-hidden />
        </Button>
      ) : nested ? (
        <span className="sidebar__chevron" />
      ) : null}
      <AlbumIcon album={album} />
      <span className="sidebar__label">{album.title}</span>
      {album.shared === 'none' ? null : <Users size={13} aria-label={t('photo.isShared')} />}
      {album.kind === 'folder' ? null : <span className="sidebar__count">{countText(core, album.count)}</span>}
    </div>
  );
}
