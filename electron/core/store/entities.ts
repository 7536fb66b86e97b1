/**
 * The synced entities: one table and one record type each. `synced` columns are tracked by history and travel to the
 * server; `local` columns are derived on this computer and do neither. Every table also has `id` and `zone_id`.
 * Adding a synced column: a migration adds it and re-creates the table's history triggers (historyTriggers.ts).
 */
export interface EntityDefinition {
  /** The record type on the wire and the entity's name in history. */
  readonly entity: EntityName;
  readonly table: EntityTable;
  readonly synced: readonly string[];
  readonly local: readonly string[];
}

export type EntityName =
  | 'Photo'
  | 'Resource'
  | 'Edit'
  | 'Album'
  | 'AlbumItem'
  | 'Tag'
  | 'PhotoTag'
  | 'Rating'
  | 'Comment'
  | 'Personal'
  | 'SavedSearch';

export type EntityTable =
  | 'photo'
  | 'resource'
  | 'edit'
  | 'album'
  | 'album_item'
  | 'tag'
  | 'photo_tag'
  | 'rating'
  | 'comment'
  | 'personal'
  | 'saved_search';

/** Who made a row and when: `created_by` null means the person this library belongs to. Times are ms since 1970. */
const provenance = ['created_by', 'created_at', 'modified_by', 'modified_at'] as const;

export const entities: readonly EntityDefinition[] = [
  {
    entity: 'Photo',
    table: 'photo',
    synced: [
      'kind',
      'media_type',
      'file_name',
      'title',
      'caption',
      'taken_at',
      'taken_offset',
      'latitude',
      'longitude',
      'altitude',
      'place',
      'region',
      'country',
      'time_zone',
      'make',
      'model',
      'lens',
      'iso',
      'aperture',
      'exposure_time',
      'focal_length',
      'width',
      'height',
      'orientation',
      'duration_ms',
      'sha256',
      'byte_size',
      'thumbhash',
      'content_identifier',
      'burst_id',
      'current_edit_id',
      'copied_from',
      'trashed_at',
      'trashed_by',
      ...provenance,
    ],
    local: ['sort_at', 'day', 'ratio', 'favourite', 'hidden', 'rating', 'state', 'facts_level', 'motion_bytes'],
  },
  {
    entity: 'Resource',
    table: 'resource',
    synced: ['photo_id', 'kind', 'file_name', 'mime_type', 'byte_size', 'sha256', 'width', 'height', ...provenance],
    local: ['local_state'],
  },
  { entity: 'Edit', table: 'edit', synced: ['photo_id', 'stack', 'format_version', 'label', ...provenance], local: [] },
  {
    entity: 'Album',
    table: 'album',
    synced: ['kind', 'title', 'parent_id', 'position', 'rules', 'sort', 'cover_photo_id', ...provenance],
    local: ['photo_count'],
  },
  { entity: 'AlbumItem', table: 'album_item', synced: ['album_id', 'photo_id', 'position', ...provenance], local: [] },
  {
    entity: 'Tag',
    table: 'tag',
    synced: ['name', 'color', 'merged_into', 'deduplicated_at', ...provenance],
    local: ['name_key', 'photo_count'],
  },
  { entity: 'PhotoTag', table: 'photo_tag', synced: ['photo_id', 'tag_id', ...provenance], local: [] },
  { entity: 'Rating', table: 'rating', synced: ['photo_id', 'value', ...provenance], local: [] },
  { entity: 'Comment', table: 'comment', synced: ['photo_id', 'kind', 'text', ...provenance], local: [] },
  { entity: 'Personal', table: 'personal', synced: ['photo_id', 'favourite', 'hidden', ...provenance], local: [] },
  { entity: 'SavedSearch', table: 'saved_search', synced: ['title', 'query', 'position', ...provenance], local: [] },
];

/** The definition behind an entity's name or table. @throws Error for a name that is no entity (a programming error). */
export function entityOf(name: string): EntityDefinition {
  const found = entities.find((one) => one.entity === name || one.table === name);
  if (found === undefined) throw new Error(`No entity is called ${name}`);
  return found;
}
