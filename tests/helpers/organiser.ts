import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrganising, type Organising } from '../../electron/core/library/organising.ts';
import { dayOf, ratioOf, sortAt } from '../../electron/core/store/derivedColumns.ts';
import type { Author } from '../../electron/core/store/history.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { libraryZone, type PhotoID } from '../../shared/ids.ts';
import type { PhotoView } from '../../shared/model/photo.ts';

/** What a made-up photo may say of itself; the rest is empty. */
export interface MadePhoto {
  readonly id?: string;
  readonly zone?: string;
  readonly by?: string | null;
  readonly kind?: string;
  readonly name?: string;
  readonly title?: string | null;
  readonly caption?: string | null;
  readonly takenAt?: string | null;
  readonly offset?: number | null;
  readonly make?: string | null;
  readonly model?: string | null;
  readonly lens?: string | null;
  readonly place?: string | null;
  readonly region?: string | null;
  readonly country?: string | null;
  readonly latitude?: number | null;
  readonly longitude?: number | null;
  readonly width?: number;
  readonly height?: number;
  readonly size?: number;
  readonly sha256?: string | null;
  readonly thumbhash?: string | null;
}

/** A store in a temporary folder with the organising core on it, and photos made directly. */
export interface Organiser {
  readonly directory: string;
  readonly store: Store;
  readonly core: Organising;
  /** ms since 1970; move it by hand. Local time is UTC. */
  clock: number;
  readonly newId: () => string;
  readonly systemTrash: string[];
  /** Adds photos as ingest would; answers their ids in order. */
  photos(...made: MadePhoto[]): PhotoID[];
  /** Somebody else's write, as sync applies it. */
  remote(sql: string, ...values: (string | number | null)[]): void;
  /** A share; `rights` are bits. */
  share(id: string, options?: { mine?: boolean; rights?: number }): string;
  rows<Row>(sql: string, ...values: (string | number | null)[]): Row[];
  ids(view: Partial<PhotoView>): Promise<PhotoID[]>;
  /** Closes and opens the library again, as after a restart. */
  reopen(): Promise<Organiser>;
  dispose(): Promise<void>;
}

/** Opens a new library, or after a restart the one that is there. */
export function openOrganiser(restarted?: { directory: string; ids: number }): Organiser {
  const place = restarted?.directory ?? mkdtempSync(join(tmpdir(), 'shoebox-organise-'));
  let counter = restarted?.ids ?? 0;
  const newId = () => {
    counter += 1;
    return `0198f000-0000-7000-8000-${counter.toString(16).padStart(12, '0')}`;
  };
  const fixture = { clock: Date.UTC(2024, 6, 15, 12) };
  const now = () => fixture.clock;
  const store = openStore({ directory: place, now, newId });
  const systemTrash: string[] = [];
  const core = createOrganising({
    store,
    now,
    newId,
    zoneOffset: () => 0,
    reportError: (error) => {
      throw error;
    },
    moveToSystemTrash: (path) => Promise.resolve(void systemTrash.push(path)),
  });
  const write = (author: Author, sql: string, values: (string | number | null)[]) => {
    store.transaction(author, (connection) => connection.statement<(string | number | null)[]>(sql).run(...values));
  };
  const close = async () => {
    await core.dispose();
    store.dispose();
  };
  return Object.assign(fixture, {
    directory: place,
    store,
    core,
    newId,
    systemTrash,
    photos: (...made: MadePhoto[]) =>
      store.transaction('ingest', (connection) =>
        made.map((photo) => {
          const id = photo.id ?? newId();
          const { width = 4000, height = 3000, takenAt = '2024-07-01T10:00:00' } = photo;
          connection
            .statement<(string | number | null)[]>(
              `INSERT INTO photo (id, zone_id, kind, media_type, file_name, title, caption, taken_at, taken_offset, make, model,
                 lens, place, region, country, latitude, longitude, width, height, orientation, byte_size, sha256, thumbhash,
                 created_by, created_at, modified_at, sort_at, ratio)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`,
            )
            .run(
              id,
              photo.zone ?? libraryZone,
              photo.kind ?? 'photo',
              photo.kind === 'video' ? 'video' : 'image',
              photo.name ?? `IMG_${counter}.jpg`,
              photo.title ?? null,
              photo.caption ?? null,
              takenAt,
              photo.offset ?? null,
              photo.make ?? null,
              photo.model ?? null,
              photo.lens ?? null,
              photo.place ?? null,
              photo.region ?? null,
              photo.country ?? null,
              photo.latitude ?? null,
              photo.longitude ?? null,
              width,
              height,
              photo.size ?? 1_000_000,
              photo.sha256 ?? null,
              photo.thumbhash ?? null,
              photo.by ?? null,
              now(),
              now(),
              sortAt(takenAt, now()),
              ratioOf(width, height, 1),
            );
          return id as PhotoID;
        }),
      ),
    remote: (sql: string, ...values: (string | number | null)[]) => write('sync', sql, values),
    share: (id: string, { mine = true, rights = 0 } = {}) => {
      store.transaction('maintenance', (connection) => {
        connection
          .statement<[string, string, string, string, number, number]>(
            `INSERT INTO zone (id, store, name, owner, kind, rights, created_at) VALUES (?, ?, ?, ?, 'share', ?, ?)`,
          )
          .run(id, mine ? 'private' : 'shared', id, mine ? '' : 'ana', mine ? 15 : rights, now());
      });
      return id;
    },
    rows: <Row>(sql: string, ...values: (string | number | null)[]) =>
      store.connection.statement<(string | number | null)[], Row>(sql).all(...values),
    ids: async (view: Partial<PhotoView>) => {
      await core.searchIndex.idle();
      return core.timeline.allIDs(
        core.lists.listOf({ source: { kind: 'library' }, scope: 'both', query: '', ...view }),
      );
    },
    reopen: async () => {
      await close();
      const again = openOrganiser({ directory: place, ids: counter + 1_000 });
      again.clock = fixture.clock;
      return again;
    },
    dispose: async () => {
      await close();
      rmSync(place, { recursive: true, force: true });
    },
  });
}

/** Days as the timeline counts them, for expectations. */
export const day = (iso: string): number => dayOf(Date.parse(`${iso}T00:00:00Z`));
