import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../electron/core/store/connection.ts';
import { photoTagID } from '../../electron/core/store/derivedId.ts';
import type { Author } from '../../electron/core/store/history.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { libraryZone } from '../../shared/ids.ts';
import { tagNameKey } from '../../shared/tagName.ts';

/** A real store with rows made directly, for the parts of sharing that need nothing else. */
export interface SharingStore {
  readonly store: Store;
  readonly directory: string;
  /** ms since 1970; move it by hand. */
  clock: number;
  readonly newId: () => string;
  zone(id: string, options?: { mine?: boolean; rights?: number; ownerName?: string }): string;
  photo(options?: {
    id?: string;
    zone?: string;
    by?: string | null;
    sha256?: string;
    title?: string;
    author?: Author;
  }): string;
  tag(name: string, options?: { id?: string; zone?: string; by?: string | null; author?: Author }): string;
  pair(photoID: string, tagID: string, options?: { by?: string | null; author?: Author; zone?: string }): string;
  album(title: string, photoIDs: readonly string[], zone?: string): string;
  comment(photoID: string, text: string, by?: string | null): string;
  edit(photoID: string): string;
  rating(photoID: string, value: number, by?: string | null): string;
  /** Notes a successful import or export that began now. */
  synced(kind: 'import' | 'export', storeName?: 'private' | 'shared'): void;
  rows<Row>(sql: string, ...parameters: readonly (string | number | null)[]): Row[];
  /** The tag that one was merged into; null for none, undefined for one that is not there. */
  mergedInto(tagID: string): string | null | undefined;
  /** Another computer tells that a tag is gone, with what hung on it, after doing `first`. */
  goneElsewhere(tagID: string, first?: (connection: Connection) => void): void;
  /** The names of a photo's tags in its zone, merged ones resolved to nothing; sorted. */
  tagsOf(photoID: string): string[];
  dispose(): void;
}

export function openSharingStore(): SharingStore {
  const directory = mkdtempSync(join(tmpdir(), 'shoebox-sharing-'));
  let counter = 0;
  const fixture = { clock: 1_700_000_000_000 };
  const newId = () => {
    counter += 1;
    return `0198f000-0000-7000-8000-${counter.toString(16).padStart(12, '0')}`;
  };
  const store = openStore({ directory, now: () => fixture.clock, newId });
  const write = (author: Author, sql: string, ...values: (string | number | null)[]) => {
    store.transaction(author, (connection) => connection.statement<(string | number | null)[]>(sql).run(...values));
  };
  const at = () => fixture.clock;
  const zoneOf = (photoID: string): string =>
    store.connection.statement<[string], { zone_id: string }>('SELECT zone_id FROM photo WHERE id = ?').get(photoID)
      ?.zone_id ?? libraryZone;
  return Object.assign(fixture, {
    store,
    directory,
    newId,
    zone: (id: string, options: { mine?: boolean; rights?: number; ownerName?: string } = {}) => {
      const { mine = true, ownerName = 'Ana' } = options;
      const rights = options.rights ?? (mine ? 15 : 0);
      store.connection
        .statement<[string, string, string, string, number, number]>(
          `INSERT INTO zone (id, store, name, owner, kind, rights, created_at) VALUES (?, ?, ?, ?, 'share', ?, ?)`,
        )
        .run(id, mine ? 'private' : 'shared', id, mine ? '' : '_ana', rights, at());
      store.connection
        .statement<[string, string, string, number]>(
          'INSERT INTO share (zone_id, title, owner_display, created_at) VALUES (?, ?, ?, ?)',
        )
        .run(id, `Share ${id}`, ownerName, at());
      return id;
    },
    photo: ({
      id = newId(),
      zone = libraryZone,
      by = null,
      sha256,
      title,
      author = 'app',
    }: { id?: string; zone?: string; by?: string | null; sha256?: string; title?: string; author?: Author } = {}) => {
      const hash = sha256 ?? id.replaceAll('-', '').padEnd(64, '0');
      store.transaction(author, (connection) => {
        connection
          .statement<(string | number | null)[]>(
            `INSERT INTO photo (id, zone_id, kind, media_type, file_name, title, sha256, byte_size, created_by, created_at, modified_at, sort_at)
             VALUES (?, ?, 'photo', 'image', ?, ?, ?, 1000, ?, ?, ?, ?)`,
          )
          .run(id, zone, `${id.slice(-4)}.jpg`, title ?? null, hash, by, at(), at(), at());
        connection
          .statement<(string | number | null)[]>(
            `INSERT INTO resource (id, zone_id, photo_id, kind, file_name, byte_size, sha256, created_by, created_at, modified_at)
             VALUES (?, ?, ?, 'original', ?, 1000, ?, ?, ?, ?)`,
          )
          .run(newId(), zone, id, `${id.slice(-4)}.jpg`, hash, by, at(), at());
      });
      return id;
    },
    tag: (
      name: string,
      {
        id = newId(),
        zone = libraryZone,
        by = null,
        author = 'app',
      }: { id?: string; zone?: string; by?: string | null; author?: Author } = {},
    ) => {
      write(
        author,
        'INSERT INTO tag (id, zone_id, name, name_key, created_by, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        zone,
        name,
        tagNameKey(name),
        by,
        at(),
        at(),
      );
      return id;
    },
    pair: (
      photoID: string,
      tagID: string,
      { by = null, author = 'app', zone }: { by?: string | null; author?: Author; zone?: string } = {},
    ) => {
      const id = photoTagID(photoID, tagID);
      write(
        author,
        'INSERT INTO photo_tag (id, zone_id, photo_id, tag_id, created_by, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        zone ?? zoneOf(photoID),
        photoID,
        tagID,
        by,
        at(),
        at(),
      );
      return id;
    },
    album: (title: string, photoIDs: readonly string[], zone: string = libraryZone) => {
      const id = newId();
      store.transaction('app', (connection) => {
        connection
          .statement<(string | number | null)[]>(
            `INSERT INTO album (id, zone_id, kind, title, position, created_at, modified_at) VALUES (?, ?, 'manual', ?, 'a', ?, ?)`,
          )
          .run(id, zone, title, at(), at());
        for (const [index, photoID] of photoIDs.entries()) {
          connection
            .statement<(string | number | null)[]>(
              `INSERT INTO album_item (id, zone_id, album_id, photo_id, position, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
            )
            .run(newId(), zone, id, photoID, String(index).padStart(6, '0'), at(), at());
        }
      });
      return id;
    },
    comment: (photoID: string, text: string, by: string | null = null) => {
      const id = newId();
      write(
        'app',
        'INSERT INTO comment (id, zone_id, photo_id, text, created_by, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        zoneOf(photoID),
        photoID,
        text,
        by,
        at(),
        at(),
      );
      return id;
    },
    edit: (photoID: string) => {
      const id = newId();
      store.transaction('app', (connection) => {
        connection
          .statement<(string | number | null)[]>(
            `INSERT INTO edit (id, zone_id, photo_id, stack, format_version, created_at, modified_at) VALUES (?, ?, ?, '{}', 1, ?, ?)`,
          )
          .run(id, zoneOf(photoID), photoID, at(), at());
        connection.statement<[string, string]>('UPDATE photo SET current_edit_id = ? WHERE id = ?').run(id, photoID);
      });
      return id;
    },
    rating: (photoID: string, value: number, by: string | null = null) => {
      const id = newId();
      write(
        'app',
        'INSERT INTO rating (id, zone_id, photo_id, value, created_by, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        id,
        zoneOf(photoID),
        photoID,
        value,
        by,
        at(),
        at(),
      );
      return id;
    },
    synced: (kind: 'import' | 'export', storeName: 'private' | 'shared' = 'private') => {
      store.connection
        .statement<[string, string, number, number]>(
          'INSERT INTO sync_event (kind, store, started_at, ended_at, succeeded) VALUES (?, ?, ?, ?, 1)',
        )
        .run(kind, storeName, at(), at());
    },
    mergedInto: (tagID: string) =>
      store.connection
        .statement<[string], { merged_into: string | null }>('SELECT merged_into FROM tag WHERE id = ?')
        .get(tagID)?.merged_into,
    goneElsewhere: (tagID: string, first?: (connection: Connection) => void) => {
      store.transaction('sync', (connection) => {
        first?.(connection);
        connection.statement<[string]>('DELETE FROM photo_tag WHERE tag_id = ?').run(tagID);
        connection.statement<[string]>('DELETE FROM tag WHERE id = ?').run(tagID);
      });
    },
    rows: <Row>(sql: string, ...parameters: readonly (string | number | null)[]) =>
      store.connection.statement<(string | number | null)[], Row>(sql).all(...parameters),
    tagsOf: (photoID: string) =>
      store.connection
        .statement<[string], { name: string }>(
          `SELECT tag.name FROM photo_tag JOIN tag ON tag.id = photo_tag.tag_id
           WHERE photo_id = ? AND merged_into IS NULL ORDER BY tag.name`,
        )
        .all(photoID)
        .map(({ name }) => name),
    dispose: () => {
      store.dispose();
      rmSync(directory, { recursive: true, force: true });
    },
  });
}
