import { z } from 'zod';
import { querySchema, zoneIDSchema } from './wireRecords.ts';

/** Wire shapes of assets, subscriptions, users and server info (docs/protocol.md, sections 6, 11-14). */

const name = z.string().min(1).max(255);

export const assetUploadRequestSchema = z.object({
  tokens: z
    .array(
      z.object({
        recordType: name,
        recordName: name.optional(),
        fieldName: name,
        size: z.number().int().nonnegative().optional(),
        sha256: z.string().max(60).optional(),
        resumable: z.boolean().optional(),
      }),
    )
    .min(1),
  zoneID: zoneIDSchema.optional(),
});
export type AssetUploadRequest = z.infer<typeof assetUploadRequestSchema>;

export const assetRereferenceRequestSchema = z.object({
  assets: z.array(z.object({ recordName: name, fieldName: name })).min(1),
  zoneID: zoneIDSchema.optional(),
  targetZoneID: zoneIDSchema.optional(),
});
export type AssetRereferenceRequest = z.infer<typeof assetRereferenceRequestSchema>;

export const assetFetchRequestSchema = z.object({
  assets: z.array(z.object({ recordName: name, fieldName: name })).min(1),
  zoneID: zoneIDSchema.optional(),
});
export type AssetFetchRequest = z.infer<typeof assetFetchRequestSchema>;

/** What stands before the bytes of each asset in an answer to `assets/fetch`: a line of its own. Without a size none follow. */
export const assetFetchLineSchema = z.looseObject({
  recordName: z.string(),
  size: z.number().int().min(0).optional(),
  serverErrorCode: z.string().optional(),
});

export const subscriptionSchema = z.object({
  subscriptionID: name.optional(),
  subscriptionType: z.enum(['query', 'zone', 'database']).optional(),
  zoneID: zoneIDSchema.optional(),
  zoneWide: z.boolean().optional(),
  query: querySchema.optional(),
  firesOn: z
    .array(z.enum(['create', 'update', 'delete']))
    .max(3)
    .optional(),
  firesOnce: z.boolean().optional(),
  notificationInfo: z.record(z.string(), z.unknown()).optional(),
});
export type SubscriptionInput = z.infer<typeof subscriptionSchema>;
export const subscriptionsLookupSchema = z.object({
  subscriptions: z.array(z.object({ subscriptionID: name })).max(400),
});
export const subscriptionsModifySchema = z.object({
  operations: z.array(
    z.object({ operationType: z.enum(['create', 'update', 'delete']), subscription: subscriptionSchema }),
  ),
});

export const deviceTokenRequestSchema = z.object({
  apnsEnvironment: z.enum(['development', 'production']),
  clientId: z.string().max(200).optional(),
  apnsToken: z.string().max(200).optional(),
});

export const discoverRequestSchema = z.object({
  lookupInfos: z
    .array(
      z.object({
        emailAddress: z.string().max(320).optional(),
        phoneNumber: z.string().max(50).optional(),
        userRecordName: z.string().max(255).optional(),
      }),
    )
    .max(200),
});

/** What every push carries, by long poll or as an event's data: a hint, never the change itself (section 11). */
export const pushPayloadSchema = z.looseObject({
  aps: z.looseObject({}),
  ck: z.looseObject({
    ce: z.number(),
    cid: z.string(),
    nid: z.string(),
    ckuserid: z.string(),
    met: z.looseObject({ sid: z.string(), zid: z.string(), zoid: z.string(), dbs: z.number() }).optional(),
    fet: z.looseObject({ sid: z.string(), zid: z.string(), zoid: z.string(), dbs: z.number() }).optional(),
    qry: z
      .looseObject({ sid: z.string(), zid: z.string(), zoid: z.string(), dbs: z.number(), rid: z.string() })
      .optional(),
  }),
});
export type PushPayload = z.infer<typeof pushPayloadSchema>;

export const serverLimitsSchema = z.looseObject({
  operations: z.number(),
  records: z.number(),
  requestBytes: z.number(),
  recordBytes: z.number(),
  assetTokens: z.number(),
  assetBytes: z.number(),
  chunkBytes: z.number(),
  zonesPerDatabase: z.number(),
  participantsPerShare: z.number(),
});
export type ServerLimits = z.infer<typeof serverLimitsSchema>;

export const serverInfoSchema = z.looseObject({
  product: z.literal('shoebox'),
  version: z.string(),
  protocol: z.literal(1),
  containers: z.array(z.looseObject({ containerIdentifier: z.string(), environments: z.array(z.string()) })),
  features: z.array(z.string()),
  login: z.string(),
  limits: serverLimitsSchema,
});
export type ServerInfo = z.infer<typeof serverInfoSchema>;

/** The model an app offers to `schema/initialise`, development only: record type -> field -> field type. */
export const schemaInitialiseSchema = z.strictObject({
  recordTypes: z.record(name, z.record(name, z.string().max(30))),
});
