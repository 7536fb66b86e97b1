/**
 * What is on its way to one owner is read with every upload that is granted: without the index that is all there is on its
 * way to anybody. And an upload knows when it was granted, since it does not go on for ever however often it is renewed.
 */
export const promisedRoom = {
  version: 3,
  name: 'promised room',
  sql: `
CREATE INDEX uploads_zone ON uploads (zone_id, expires_at);
ALTER TABLE uploads ADD COLUMN granted_at {int} NOT NULL DEFAULT 0;
UPDATE uploads SET granted_at = expires_at - 86400000;
`,
} as const;
