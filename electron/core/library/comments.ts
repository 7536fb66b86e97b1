import type { Comment } from '../../../shared/contract/photos.ts';
import { AppError } from '../../../shared/errors.ts';
import type { CommentID } from '../../../shared/ids.ts';
import type { Store } from '../store/store.ts';
import { mayAdd, mayDelete, readZones, type ZoneRights } from '../store/zoneRights.ts';
import type { Steps } from './steps.ts';

/** Comments and likes on a photo. A comment's words are its author's: only they change them. */
export interface Comments {
  of(photoID: string): Comment[];
  /** @throws AppError notFound; permissionFailure where I may only look. */
  add(photoID: string, text: string, kind: 'text' | 'like'): Promise<Comment>;
  edit(id: string, text: string): Promise<Comment>;
  remove(id: string): Promise<void>;
}

interface CommentRow {
  readonly id: string;
  readonly zone_id: string;
  readonly photo_id: string;
  readonly kind: 'text' | 'like';
  readonly text: string;
  readonly created_by: string | null;
  readonly created_at: number;
  readonly modified_at: number;
  readonly author: string | null;
}

const columns = `c.id, c.zone_id, c.photo_id, c.kind, c.text, c.created_by, c.created_at, c.modified_at,
  CASE WHEN c.created_by IS NULL THEN NULL ELSE coalesce(
    (SELECT coalesce(display_name, email) FROM participant WHERE zone_id = c.zone_id AND user_name = c.created_by LIMIT 1),
    (SELECT coalesce(owner_display, owner_email) FROM share WHERE zone_id = c.zone_id AND owner_name = c.created_by),
    c.created_by) END AS author`;

export function createComments(deps: {
  readonly store: Store;
  readonly steps: Steps;
  readonly now: () => number;
  readonly newId: () => string;
}): Comments {
  const { store, steps, now, newId } = deps;
  const { connection } = store;
  const read = (id: string): CommentRow => {
    const row = connection
      .statement<[string], CommentRow>(`SELECT ${columns} FROM comment AS c WHERE c.id = ?`)
      .get(id);
    if (row === undefined) throw new AppError('notFound', 'This comment is gone.', { id });
    return row;
  };
  const shown = (id: string): Comment => toComment(read(id), readZones(connection));

  return {
    of: (photoID) => {
      const zones = readZones(connection);
      return connection
        .statement<[string], CommentRow>(
          `SELECT ${columns} FROM comment AS c WHERE c.photo_id = ? ORDER BY c.created_at, c.id`,
        )
        .all(photoID)
        .map((row) => toComment(row, zones));
    },
    add: async (photoID, text, kind) => {
      const id = newId();
      await steps.run(() => {
        const photo = connection
          .statement<[string], { zone_id: string }>('SELECT zone_id FROM photo WHERE id = ?')
          .get(photoID);
        if (photo === undefined) throw new AppError('notFound', 'This photo is gone.', { id: photoID });
        if (!mayAdd(readZones(connection).get(photo.zone_id))) {
          throw new AppError('permissionFailure', 'In this share you may look, not comment.', { neededRight: 'ADD' });
        }
        return {
          label: kind === 'like' ? 'Liked a photo' : 'Commented on a photo',
          rows: [photo],
          write: () => {
            connection
              .statement<[string, string, string, string, string, number, number]>(
                'INSERT INTO comment (id, zone_id, photo_id, kind, text, created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
              )
              .run(id, photo.zone_id, photoID, kind, text, now(), now());
          },
          result: undefined,
        };
      });
      return shown(id);
    },
    edit: async (id, text) => {
      await steps.run(() => {
        const row = read(id);
        if (row.created_by !== null) {
          throw new AppError('permissionFailure', 'Only its author can change a comment.', { neededRight: 'EDIT' });
        }
        if (!mayAdd(readZones(connection).get(row.zone_id))) {
          throw new AppError('permissionFailure', 'In this share you may look, not comment.', { neededRight: 'ADD' });
        }
        return {
          label: 'Changed a comment',
          rows: row.text === text ? [] : [row],
          write: () => {
            connection
              .statement<[string, number, string]>('UPDATE comment SET text = ?, modified_at = ? WHERE id = ?')
              .run(text, now(), id);
          },
          result: undefined,
        };
      });
      return shown(id);
    },
    remove: (id) =>
      steps.run(() => {
        const row = read(id);
        if (!mayDelete(readZones(connection).get(row.zone_id), row.created_by)) {
          throw new AppError('permissionFailure', 'Only its author or who may delete can remove a comment.', {
            neededRight: 'DELETE',
          });
        }
        return {
          label: 'Removed a comment',
          rows: [row],
          write: () => {
            connection.statement<[string]>('DELETE FROM comment WHERE id = ?').run(id);
          },
          result: undefined,
        };
      }),
  };
}

function toComment(row: CommentRow, zones: ReadonlyMap<string, ZoneRights>): Comment {
  const zone = zones.get(row.zone_id);
  return {
    id: row.id as CommentID,
    kind: row.kind,
    text: row.text,
    author: row.author,
    createdAt: row.created_at,
    editedAt: row.modified_at > row.created_at ? row.modified_at : null,
    mayEdit: row.created_by === null && mayAdd(zone),
    mayDelete: mayDelete(zone, row.created_by),
  };
}
