import type { EntityName } from '../store/entities.ts';

/**
 * Parents first: what a row refers to is exported before it, and must be here before it is written. Ranks are stored with
 * what waits, so that a change of this order takes a migration.
 */
export const exportOrder: readonly EntityName[] = [
  'Tag',
  'Album',
  'Photo',
  'Resource',
  'Edit',
  'AlbumItem',
  'PhotoTag',
  'Rating',
  'Comment',
  'Personal',
  'SavedSearch',
];

/** Beyond the rank of every save. Stored as well, so it stays what it is. */
const lastOfDeletions = 200;

/** Place of a change among those that are sent: saves by the order above, then deletions the other way round. */
export function exportRank(entity: EntityName, kind: 'save' | 'delete'): number {
  const place = exportOrder.indexOf(entity);
  return kind === 'save' ? place : lastOfDeletions - place;
}
