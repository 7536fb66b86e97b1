import type { AlbumID } from '../../../shared/ids.ts';
import type { Album } from '../../../shared/model/album.ts';

export type AlbumNode = { readonly album: Album; readonly children: readonly AlbumNode[] };

/** The tree that follows from parents and positions. An album whose parent is unknown stands at the top. */
export function albumTree(albums: readonly Album[]): readonly AlbumNode[] {
  const known = new Set<AlbumID>(albums.map((album) => album.id));
  const byParent = Map.groupBy(albums, (album) =>
    album.parentID !== null && known.has(album.parentID) ? album.parentID : null,
  );
  const nodes = (parent: AlbumID | null): AlbumNode[] =>
    (byParent.get(parent) ?? [])
      .toSorted((left, right) =>
        left.position === right.position ? compare(left.id, right.id) : compare(left.position, right.position),
      )
      .map((album) => ({ album, children: nodes(album.id) }));
  return nodes(null);
}

/** Positions sort as text, by code units, as the store sorts them. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Whether a folder may go under another place: not into itself nor into anything inside it. */
export function mayMoveInto(albums: readonly Album[], moved: AlbumID, parent: AlbumID | null): boolean {
  const parents = new Map(albums.map((album) => [album.id, album.parentID]));
  for (let at: AlbumID | null = parent; at !== null; at = parents.get(at) ?? null) if (at === moved) return false;
  return true;
}

/** The siblings of an album in order, itself included. */
export function siblings(albums: readonly Album[], album: Album): readonly Album[] {
  const find = (nodes: readonly AlbumNode[]): readonly AlbumNode[] | null => {
    if (nodes.some((node) => node.album.id === album.id)) return nodes;
    for (const node of nodes) {
      const found = find(node.children);
      if (found !== null) return found;
    }
    return null;
  };
  return (find(albumTree(albums)) ?? []).map((node) => node.album);
}
