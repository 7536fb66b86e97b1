import { z } from 'zod';

/**
 * Branded ids: text at run time, distinct types at compile time, so that an album's id cannot be passed for a photo's.
 * New rows get UUIDv7 text (RFC 9562), which sorts by creation time. Join rows get an id derived from what they join
 * (core/store/derivedId.ts), so that two computers making the same pair make the same record.
 */
type Brand<Name extends string> = string & { readonly __brand: Name };

export type PhotoID = Brand<'PhotoID'>;
export type ResourceID = Brand<'ResourceID'>;
export type EditID = Brand<'EditID'>;
export type AlbumID = Brand<'AlbumID'>;
export type AlbumItemID = Brand<'AlbumItemID'>;
export type TagID = Brand<'TagID'>;
export type CommentID = Brand<'CommentID'>;
export type ZoneID = Brand<'ZoneID'>;
export type FolderID = Brand<'FolderID'>;
export type SavedSearchID = Brand<'SavedSearchID'>;
export type ParticipantID = Brand<'ParticipantID'>;
export type ShareLinkID = Brand<'ShareLinkID'>;
export type UserName = Brand<'UserName'>;

const id = <T extends string>() =>
  z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\w.:\-=+]+$/)
    .transform((text) => text as T);

export const photoID = id<PhotoID>();
export const resourceID = id<ResourceID>();
export const editID = id<EditID>();
export const albumID = id<AlbumID>();
export const tagID = id<TagID>();
export const commentID = id<CommentID>();
export const zoneID = id<ZoneID>();
export const folderID = id<FolderID>();
export const savedSearchID = id<SavedSearchID>();
export const participantID = id<ParticipantID>();
export const shareLinkID = id<ShareLinkID>();

/** The zone of my own database that holds everything not shared; one per library. */
export const libraryZone = 'library' as ZoneID;
