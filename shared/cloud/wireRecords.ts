import { z } from 'zod';

/** Wire shapes of zones, records and queries (docs/protocol.md, sections 4, 7, 9). Requests strip keys they do not know. */

export const databaseScopes = ['private', 'shared'] as const;
export type DatabaseScope = (typeof databaseScopes)[number];
export const environments = ['development', 'production'] as const;
export type Environment = (typeof environments)[number];

export const defaultZoneName = '_defaultZone';
export const shareRecordType = 'cloudkit.share';
export const shareRecordName = 'cloudkit.zoneshare';

const name = z.string().min(1).max(255);

/** A zone as clients name it; `ownerName` is an older spelling, accepted on input only. */
export const zoneIDSchema = z.object({
  zoneName: name,
  ownerRecordName: name.optional(),
  ownerName: name.optional(),
  zoneType: z.string().optional(),
});
export type ZoneIDInput = z.infer<typeof zoneIDSchema>;

/** A zone as the server names it. */
export interface WireZoneID {
  readonly zoneName: string;
  readonly ownerRecordName: string;
  readonly zoneType: 'REGULAR_CUSTOM_ZONE' | 'DEFAULT_ZONE';
}

export const fieldTypes = [
  'STRING',
  'INT64',
  'DOUBLE',
  'TIMESTAMP',
  'BYTES',
  'REFERENCE',
  'ASSETID',
  'LOCATION',
  'STRING_LIST',
  'INT64_LIST',
  'DOUBLE_LIST',
  'TIMESTAMP_LIST',
  'BYTES_LIST',
  'REFERENCE_LIST',
  'ASSETID_LIST',
  'LOCATION_LIST',
] as const;
export type FieldType = (typeof fieldTypes)[number];

/** One field as sent. `type` is optional on input and always present in answers. */
export const fieldSchema = z.object({
  value: z.unknown(),
  type: z.string().optional(),
  isEncrypted: z.boolean().optional(),
});
export type FieldInput = z.infer<typeof fieldSchema>;

export interface WireField {
  readonly value: unknown;
  readonly type: FieldType;
}

export const referenceActions = ['NONE', 'DELETE_SELF', 'VALIDATE'] as const;
export type ReferenceAction = (typeof referenceActions)[number];

/** The value of an ASSETID field; uploads answer the first five keys, reads add the last two (sections 4.4, 14.3). */
export const assetValueSchema = z.object({
  fileChecksum: z.string(),
  size: z.number().int().nonnegative(),
  referenceChecksum: z.string().optional(),
  wrappingKey: z.string().optional(),
  receipt: z.string().optional(),
  downloadURL: z.string().optional(),
  sha256: z.string().optional(),
});
export type WireAsset = z.infer<typeof assetValueSchema>;

const stampSchema = z.looseObject({
  timestamp: z.number(),
  userRecordName: z.string(),
  deviceID: z.string().optional(),
});

/** Who and when, as the server recorded it. */
export interface WireStamp {
  readonly timestamp: number;
  readonly userRecordName: string;
  readonly deviceID?: string;
}

/** A record in an answer, read loosely; share records carry the further keys of wireShares. */
export const recordAnswerSchema = z.looseObject({
  recordName: z.string(),
  recordType: z.string().nullish(),
  recordChangeTag: z.string().optional(),
  fields: z.record(z.string(), z.looseObject({ value: z.unknown(), type: z.string().optional() })).optional(),
  created: stampSchema.optional(),
  modified: stampSchema.optional(),
  deleted: z.boolean().optional(),
  zoneID: z.looseObject({ zoneName: z.string(), ownerRecordName: z.string() }).optional(),
  serverErrorCode: z.string().optional(),
  reason: z.string().optional(),
});
export type RecordAnswer = z.infer<typeof recordAnswerSchema>;

/** A record in a request. What a client may never set (created, modified, zone owner, creator) is stripped here. */
export const recordInputSchema = z.object({
  recordName: name.optional(),
  recordType: name.optional(),
  recordChangeTag: z.string().max(200).optional(),
  fields: z.record(z.string(), fieldSchema).optional(),
  zoneID: zoneIDSchema.optional(),
  parent: z.object({ recordName: name }).nullish(),
  createShortGUID: z.boolean().optional(),
  forRecord: z.unknown().optional(),
  deviceID: z.string().max(200).optional(),
  publicPermission: z.string().optional(),
  publicRights: z.array(z.string()).max(10).optional(),
  participants: z.array(z.unknown()).optional(),
  departureRule: z.string().optional(),
  endsAt: z.number().nullish(),
  denyAccessRequests: z.boolean().optional(),
});
export type RecordInput = z.infer<typeof recordInputSchema>;

export const operationTypes = [
  'create',
  'update',
  'forceUpdate',
  'replace',
  'forceReplace',
  'delete',
  'forceDelete',
] as const;
export type OperationType = (typeof operationTypes)[number];

const desiredKeys = z.array(z.string()).max(1000);

export const modifyRecordsRequestSchema = z.object({
  operations: z.array(
    z.object({
      operationType: z.enum(operationTypes),
      record: recordInputSchema,
      desiredKeys: desiredKeys.optional(),
      numbersAsStrings: z.boolean().optional(),
    }),
  ),
  zoneID: zoneIDSchema.optional(),
  atomic: z.boolean().optional(),
  desiredKeys: desiredKeys.optional(),
  numbersAsStrings: z.boolean().optional(),
});
export type ModifyRecordsRequest = z.infer<typeof modifyRecordsRequestSchema>;

export const lookupRecordsRequestSchema = z.object({
  records: z.array(z.object({ recordName: name, desiredKeys: desiredKeys.optional() })),
  zoneID: zoneIDSchema.optional(),
  desiredKeys: desiredKeys.optional(),
  numbersAsStrings: z.boolean().optional(),
});
export type LookupRecordsRequest = z.infer<typeof lookupRecordsRequestSchema>;

export const comparators = [
  'EQUALS',
  'NOT_EQUALS',
  'LESS_THAN',
  'LESS_THAN_OR_EQUALS',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUALS',
  'IN',
  'NOT_IN',
  'LIST_CONTAINS',
  'NOT_LIST_CONTAINS',
  'LIST_CONTAINS_ANY',
  'NOT_LIST_CONTAINS_ANY',
  'LIST_CONTAINS_ALL',
  'NOT_LIST_CONTAINS_ALL',
  'BEGINS_WITH',
  'NOT_BEGINS_WITH',
  'LIST_MEMBER_BEGINS_WITH',
  'NOT_LIST_MEMBER_BEGINS_WITH',
] as const;
export type Comparator = (typeof comparators)[number];

const filterSchema = z.object({
  fieldName: z.string().optional(),
  systemFieldName: z.string().optional(),
  comparator: z.string(),
  fieldValue: fieldSchema,
  distance: z.number().optional(),
});
export type FilterInput = z.infer<typeof filterSchema>;

const sortSchema = z.object({
  fieldName: z.string().optional(),
  systemFieldName: z.string().optional(),
  ascending: z.boolean().optional(),
  relativeLocation: z.unknown().optional(),
});
export type SortInput = z.infer<typeof sortSchema>;

export const querySchema = z.object({
  recordType: name,
  filterBy: z.array(filterSchema).max(50).optional(),
  sortBy: z.array(sortSchema).max(10).optional(),
});
export type QueryInput = z.infer<typeof querySchema>;

export const queryRecordsRequestSchema = z.object({
  query: querySchema,
  zoneID: zoneIDSchema.optional(),
  zoneWide: z.boolean().optional(),
  resultsLimit: z.number().int().positive().optional(),
  continuationMarker: z.string().max(8000).optional(),
  desiredKeys: desiredKeys.optional(),
  numbersAsStrings: z.boolean().optional(),
});
export type QueryRecordsRequest = z.infer<typeof queryRecordsRequestSchema>;

export const zonesLookupRequestSchema = z.object({ zones: z.array(zoneIDSchema).max(400) });
export const zonesModifyRequestSchema = z.object({
  operations: z.array(
    z.object({
      operationType: z.enum(['create', 'delete']),
      /** `syncToken`, of a deletion: only a zone without changes behind it is deleted. */
      zone: z.object({ zoneID: zoneIDSchema, syncToken: z.string().optional() }),
    }),
  ),
});
