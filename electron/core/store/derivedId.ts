import { createHash } from 'node:crypto';

/**
 * The id of a row that is determined by what it joins (a photo and a tag, a photo and a person): UUIDv8 (RFC 9562,
 * section 5.8) of the SHA-256 over kind and parts. Two devices that make the same pair make the same record, so a
 * concurrent create meets as a conflict on one record instead of leaving a double.
 */
export function derivedId(kind: string, ...parts: readonly string[]): string {
  const bytes = createHash('sha256')
    .update([kind, ...parts].join('\u0000'))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const version8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** True for an id made by `derivedId`: other devices may have made, and deleted, a row of the same id by themselves. */
export const isDerivedID = (id: string): boolean => version8.test(id);

/** The id of a tag on a photo. */
export const photoTagID = (photoID: string, tagID: string): string => derivedId('PhotoTag', photoID, tagID);
