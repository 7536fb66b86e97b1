/**
 * For a WHERE over `file`: its resource was added here and never taken by the server, and the person has yet to copy or
 * discard it (sharing/notAccepted.ts). Such a file is kept, though no row of the library names it.
 */
export const isKeptForRefused = `EXISTS (SELECT 1 FROM sync_refused AS refused WHERE refused.row_id = file.resource_id
  AND refused.entity = 'Resource' AND refused.kind = 'save' AND json_extract(refused."values", '$.photo_id') IS NOT NULL)`;
