import { AppError } from '../../../shared/errors.ts';
import { libraryZone } from '../../../shared/ids.ts';
import type { Album, SmartRules } from '../../../shared/model/album.ts';
import type { Connection, SqlValue } from '../store/connection.ts';
import type { Store } from '../store/store.ts';
import { albumsBelow, readAlbum, readAlbumRow, rulesOf, type AlbumRow } from '../store/queries/albumRows.ts';
import type { Timeline } from '../store/queries/timeline.ts';
import { mayAdd, mayDelete, mayEdit, readZones } from '../store/zoneRights.ts';
import { addableTo, insertItem, type NewItem } from './albumItems.ts';
import type { Lists } from './lists.ts';
import { photosText } from './photoTargets.ts';
import { isPosition, positionBetween, positionsBetween } from './position.ts';
import type { Steps } from './steps.ts';

export interface NewAlbum {
  readonly kind: Album['kind'];
  readonly title: string;
  readonly parentID: string | null;
  readonly rules?: SmartRules | undefined;
  readonly photoIDs: readonly string[];
}

export interface AlbumChange {
  readonly title?: string | undefined;
  readonly sort?: Album['sort'] | undefined;
  readonly rules?: SmartRules | undefined;
  readonly coverPhotoID?: string | null | undefined;
}

/** Albums, folders of albums and smart albums: making, changing, moving, deleting. Photos stay where they are. */
export interface Albums {
  create(album: NewAlbum): Promise<Album>;
  update(id: string, change: AlbumChange): Promise<Album>;
  /** Puts an album under a parent, before a sibling or at the end. @throws AppError invalidInput for a folder into itself. */
  move(id: string, parentID: string | null, before: string | null): Promise<Album>;
  duplicate(id: string): Promise<Album>;
  delete(id: string): Promise<void>;
  /** Makes a manual album of what a smart album shows now, in its order. */
  convertToManual(id: string): Promise<Album>;
}

export interface AlbumsDependencies {
  readonly store: Store;
  readonly steps: Steps;
  readonly lists: Lists;
  readonly timeline: Timeline;
  readonly now: () => number;
  readonly newId: () => string;
}

/** One thing an album step writes, in order: items come after their album and go before it. */
type Write = (connection: Connection) => void;

export function createAlbums({ store, steps, lists, timeline, now, newId }: AlbumsDependencies): Albums {
  const { connection } = store;
  const find = (id: string): AlbumRow => {
    const row = readAlbumRow(connection, id);
    if (row === undefined) throw new AppError('notFound', 'This album is gone.', { id });
    return row;
  };
  const shown = (id: string): Album => {
    const album = readAlbum(connection, id);
    if (album === undefined) throw new AppError('notFound', 'This album is gone.', { id });
    return album;
  };
  const editable = (row: AlbumRow): AlbumRow => {
    if (mayEdit(readZones(connection).get(row.zone_id), row.created_by)) return row;
    throw new AppError('permissionFailure', `You may not change “${row.title}”: it was made by somebody else.`, {
      neededRight: 'EDIT',
    });
  };
  const folderZone = (parentID: string | null): string => {
    if (parentID === null) return libraryZone;
    const parent = find(parentID);
    if (parent.kind !== 'folder') {
      throw new AppError('invalidInput', `“${parent.title}” is not a folder: albums cannot be put into it.`, {
        id: parentID,
      });
    }
    if (!mayAdd(readZones(connection).get(parent.zone_id))) {
      throw new AppError('permissionFailure', `You may not add to “${parent.title}”.`, { neededRight: 'ADD' });
    }
    return parent.zone_id;
  };
  const insert = (album: AlbumRow): Write => {
    const at = now();
    return (connection) => {
      connection
        .statement<SqlValue[]>(
          `INSERT INTO album (id, zone_id, kind, title, parent_id, position, rules, sort, cover_photo_id, created_at, modified_at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          album.id,
          album.zone_id,
          album.kind,
          album.title,
          album.parent_id,
          album.position,
          album.rules,
          album.sort,
          album.cover_photo_id,
          at,
          at,
        );
    };
  };
  const items = (list: readonly NewItem[]): Write[] =>
    list.map((item) => (connection) => insertItem(connection, item, now()));
  const set = (id: string, values: Readonly<Record<string, SqlValue>>): Write => {
    const at = now();
    return (connection) => {
      const columns = Object.keys(values).map((column) => `${column} = ?`);
      connection
        .statement<SqlValue[]>(
          `UPDATE album SET ${columns.join(', ')}, modified_at = ?, modified_by = NULL WHERE id = ?`,
        )
        .run(...Object.values(values), at, id);
    };
  };
  const step = (label: string, writes: readonly Write[]) => ({
    label,
    rows: writes,
    write: (write: Write, connection: Connection) => write(connection),
    result: undefined,
  });

  return {
    create: async ({ kind, title, parentID, rules, photoIDs }) => {
      const id = newId();
      await steps.run(() => {
        const zone_id = folderZone(parentID);
        if (kind === 'smart' && rules === undefined) {
          throw new AppError('invalidInput', 'A smart album needs at least one rule.', { field: 'rules' });
        }
        const album: AlbumRow = {
          ...blank,
          id,
          zone_id,
          kind,
          title,
          parent_id: parentID,
          position: siblingPosition(connection, parentID, null),
          rules: kind === 'smart' ? JSON.stringify(rules) : null,
        };
        const photos = kind === 'manual' ? addableTo(connection, album, photoIDs) : [];
        const noun = kind === 'folder' ? 'folder' : kind === 'smart' ? 'smart album' : 'album';
        return step(
          photos.length === 0
            ? `Made the ${noun} “${title}”`
            : `Made the album “${title}” of ${photosText(photos.length)}`,
          [insert(album), ...items(itemsFor(album, photos, null, null))],
        );
      });
      return shown(id);
    },

    update: async (id, change) => {
      await steps.run(() => {
        const row = editable(find(id));
        const values: Record<string, SqlValue> = {};
        if (change.title !== undefined && change.title !== row.title) values['title'] = change.title;
        if (change.sort !== undefined && change.sort !== row.sort) values['sort'] = change.sort;
        if (change.rules !== undefined) {
          if (row.kind !== 'smart') {
            throw new AppError('invalidInput', `“${row.title}” is not a smart album: it has no rules.`, {
              field: 'rules',
            });
          }
          const rules = JSON.stringify(change.rules);
          if (rules !== row.rules) values['rules'] = rules;
        }
        if (change.coverPhotoID !== undefined && change.coverPhotoID !== row.cover_photo_id) {
          values['cover_photo_id'] = change.coverPhotoID;
        }
        const label =
          values['title'] === undefined
            ? values['cover_photo_id'] === undefined
              ? `Changed the album “${row.title}”`
              : `Changed the cover of “${row.title}”`
            : `Renamed “${row.title}” to “${String(values['title'])}”`;
        return step(label, Object.keys(values).length === 0 ? [] : [set(id, values)]);
      });
      return shown(id);
    },

    move: async (id, parentID, before) => {
      await steps.run(() => {
        const row = editable(find(id));
        const zone = folderZone(parentID);
        if (albumsBelow(connection, id).some((below) => below.id === parentID)) {
          throw new AppError('invalidInput', `“${row.title}” cannot be put into itself.`, { id });
        }
        if (parentID !== null && zone !== row.zone_id) {
          throw new AppError('invalidInput', `“${row.title}” and this folder are not in the same share.`, { id });
        }
        const position = siblingPosition(connection, parentID, before, id);
        return step(`Moved the album “${row.title}”`, [set(id, { parent_id: parentID, position })]);
      });
      return shown(id);
    },

    duplicate: async (id) => {
      const copies = new Map<string, string>();
      const copyOf = (original: string): string => {
        const known = copies.get(original) ?? newId();
        copies.set(original, known);
        return known;
      };
      await steps.run(() => {
        const row = find(id);
        const zone = folderZone(row.parent_id);
        const writes: Write[] = [];
        for (const one of albumsBelow(connection, id)) {
          const top = one.id === id;
          const album: AlbumRow = {
            ...one,
            id: copyOf(one.id),
            zone_id: zone,
            title: top ? `${one.title} copy` : one.title,
            parent_id: top || one.parent_id === null ? one.parent_id : copyOf(one.parent_id),
            position: top ? siblingPosition(connection, row.parent_id, nextSibling(connection, row)) : one.position,
          };
          writes.push(insert(album));
          const members = connection
            .statement<[string], { photo_id: string; position: string }>(
              'SELECT photo_id, position FROM album_item WHERE album_id = ? ORDER BY position, id',
            )
            .all(one.id);
          writes.push(...items(members.map((item) => ({ album, photoID: item.photo_id, position: item.position }))));
        }
        return step(`Duplicated “${row.title}”`, writes);
      });
      return shown(copyOf(id));
    },

    delete: (id) =>
      steps.run(() => {
        const row = find(id);
        const zones = readZones(connection);
        const below = albumsBelow(connection, id);
        for (const one of below) {
          if (mayDelete(zones.get(one.zone_id), one.created_by)) continue;
          throw new AppError('permissionFailure', `You may not delete “${one.title}”: it was made by somebody else.`, {
            neededRight: 'DELETE',
          });
        }
        const writes: Write[] = [];
        // From the bottom up, so that undoing finds every folder before what was in it.
        for (const one of below.reverse()) {
          const members = connection
            .statement<[string], { id: string }>('SELECT id FROM album_item WHERE album_id = ? ORDER BY position, id')
            .all(one.id);
          for (const member of members) {
            writes.push((connection) => {
              connection.statement<[string]>('DELETE FROM album_item WHERE id = ?').run(member.id);
            });
          }
          writes.push((connection) => {
            connection.statement<[string]>('DELETE FROM album WHERE id = ?').run(one.id);
          });
        }
        return step(`Deleted the ${row.kind === 'folder' ? 'folder' : 'album'} “${row.title}”`, writes);
      }),

    convertToManual: async (id) => {
      await steps.run(() => {
        const row = editable(find(id));
        const rules = rulesOf(row);
        if (row.kind !== 'smart' || rules === null) {
          throw new AppError('invalidInput', `“${row.title}” is not a smart album.`, { id });
        }
        const found = timeline.allIDs(
          lists.listOf({ source: { kind: 'album', id: shown(id).id }, scope: 'both', query: '' }),
        );
        const album: AlbumRow = { ...row, kind: 'manual' };
        const photos = addableTo(connection, album, found);
        return step(`Made “${row.title}” a manual album of ${photosText(photos.length)}`, [
          set(id, { kind: 'manual', rules: null, sort: 'manual' }),
          // What the smart album counted was not kept by the items' triggers.
          (connection) => void connection.statement<[string]>('UPDATE album SET photo_count = 0 WHERE id = ?').run(id),
          ...items(itemsFor(album, photos, null, null)),
        ]);
      });
      return shown(id);
    },
  };
}

const blank = { rules: null, sort: 'manual', cover_photo_id: null, created_by: null, photo_count: 0 } as const;

const itemsFor = (
  album: AlbumRow,
  photos: readonly string[],
  before: string | null,
  after: string | null,
): NewItem[] => {
  const positions = positionsBetween(before, after, photos.length);
  return photos.flatMap((photoID, index) => {
    const position = positions[index];
    return position === undefined ? [] : [{ album, photoID, position }];
  });
};

/**
 * A position under a parent, before a sibling or at the end. Where siblings share a position (two computers made them
 * at once) the new one goes before all of those, since nothing lies between them.
 */
function siblingPosition(connection: Connection, parentID: string | null, before: string | null, self = ''): string {
  const siblings = connection
    .statement<[string | null, string], { id: string; position: string }>(
      'SELECT id, position FROM album WHERE parent_id IS ? AND id <> ? ORDER BY position, id',
    )
    .all(parentID, self)
    .filter((sibling) => isPosition(sibling.position));
  const at = before === null ? undefined : siblings.find((sibling) => sibling.id === before)?.position;
  const lower = siblings.filter((sibling) => at === undefined || sibling.position < at).at(-1)?.position;
  return positionBetween(lower ?? null, at ?? null);
}

function nextSibling(connection: Connection, row: AlbumRow): string | null {
  return (
    connection
      .statement<[string | null, string, string, string], { id: string }>(
        `SELECT id FROM album WHERE parent_id IS ? AND (position, id) > (?, ?) AND position > ? ORDER BY position, id LIMIT 1`,
      )
      .get(row.parent_id, row.position, row.id, row.position)?.id ?? null
  );
}
