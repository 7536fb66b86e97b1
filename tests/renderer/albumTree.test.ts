import { describe, expect, it } from 'vitest';
import type { AlbumID, ZoneID } from '../../shared/ids.ts';
import type { Album } from '../../shared/model/album.ts';
import { albumTree, mayMoveInto, siblings } from '../../renderer/features/albums/albumTree.ts';

function album(id: string, parent: string | null, position: string, kind: Album['kind'] = 'manual'): Album {
  return {
    id: id as AlbumID,
    kind,
    title: id,
    parentID: parent as AlbumID | null,
    position,
    sort: 'manual',
    rules: null,
    coverPhotoID: null,
    count: 0,
    zoneID: 'library' as ZoneID,
    shared: 'none',
    mayEdit: true,
    mayAdd: true,
  };
}

const albums = [
  album('inner', 'outer', 'a0', 'folder'),
  album('outer', null, 'b', 'folder'),
  album('first', null, 'Zz'),
  album('deep', 'inner', 'a'),
  album('orphan', 'gone', 'c'),
];

describe('the tree of albums', () => {
  it('follows parents and positions, and keeps an album whose folder is not known', () => {
    const tree = albumTree(albums);
    expect(tree.map((node) => node.album.title)).toEqual(['first', 'outer', 'orphan']);
    expect(tree[1]?.children[0]?.album.title).toBe('inner');
    expect(tree[1]?.children[0]?.children[0]?.album.title).toBe('deep');
  });

  it('a folder may not go into itself or into a folder inside it', () => {
    expect(mayMoveInto(albums, 'outer' as AlbumID, 'inner' as AlbumID)).toBe(false);
    expect(mayMoveInto(albums, 'outer' as AlbumID, 'outer' as AlbumID)).toBe(false);
    expect(mayMoveInto(albums, 'inner' as AlbumID, null)).toBe(true);
    expect(mayMoveInto(albums, 'first' as AlbumID, 'inner' as AlbumID)).toBe(true);
  });

  it('siblings are those of the same folder, in order', () => {
    expect(siblings(albums, album('outer', null, 'b')).map((each) => each.title)).toEqual(['first', 'outer', 'orphan']);
    expect(siblings(albums, album('deep', 'inner', 'a')).map((each) => each.title)).toEqual(['deep']);
  });
});
