import type { Migration } from '../migrator.ts';

/**
 * The bytes of a resource that is deleted while they wait to be sent or fetched are nobody's any more. What was left in the
 * queue counted as "files to send" for ever, so a library never came to rest, and a share never finished stopping.
 */
export const assetOwners: Migration = {
  number: 11,
  name: 'asset-owners',
  sql: `
  DELETE FROM sync_asset WHERE NOT EXISTS (SELECT 1 FROM resource WHERE resource.id = sync_asset.resource_id);
  CREATE TRIGGER resource_delete_asset AFTER DELETE ON resource BEGIN
    DELETE FROM sync_asset WHERE resource_id = OLD.id;
  END;
  `,
};
