import { z } from 'zod';
import { recordAnswerSchema, zoneIDSchema } from './wireRecords.ts';

/** Wire shapes of the change feeds (docs/protocol.md, sections 8 and 14.6). */

export const databaseChangesRequestSchema = z.object({
  syncToken: z.string().optional(),
  resultsLimit: z.number().int().positive().optional(),
});
export type DatabaseChangesRequest = z.infer<typeof databaseChangesRequestSchema>;

const zoneOptions = {
  resultsLimit: z.number().int().positive().optional(),
  desiredKeys: z.array(z.string()).max(1000).optional(),
  desiredRecordTypes: z.array(z.string()).max(200).optional(),
  reverse: z.boolean().optional(),
  numbersAsStrings: z.boolean().optional(),
};

export const zoneChangesRequestSchema = z.object({
  zones: z.array(z.object({ zoneID: zoneIDSchema, syncToken: z.string().optional(), ...zoneOptions })).min(1),
  ...zoneOptions,
  /** The archive's spelling at the top level. */
  numberAsStrings: z.boolean().optional(),
});
export type ZoneChangesRequest = z.infer<typeof zoneChangesRequestSchema>;

const answerZoneID = z.looseObject({ zoneName: z.string(), ownerRecordName: z.string() });

export const databaseChangesAnswerSchema = z.looseObject({
  zones: z.array(
    z.looseObject({
      zoneID: answerZoneID,
      syncToken: z.string().optional(),
      deleted: z.boolean().optional(),
      deletedReason: z.string().optional(),
    }),
  ),
  syncToken: z.string(),
  moreComing: z.boolean(),
  serverEpoch: z.string().optional(),
});
export type DatabaseChangesAnswer = z.infer<typeof databaseChangesAnswerSchema>;

export const zoneChangesAnswerSchema = z.looseObject({
  zones: z.array(
    z.looseObject({
      zoneID: z.looseObject({ zoneName: z.string(), ownerRecordName: z.string().optional() }),
      syncToken: z.string().optional(),
      moreComing: z.boolean().optional(),
      records: z.array(recordAnswerSchema).optional(),
      serverErrorCode: z.string().optional(),
      reason: z.string().optional(),
      expiredBecause: z.string().optional(),
    }),
  ),
  serverEpoch: z.string().optional(),
});
export type ZoneChangesAnswer = z.infer<typeof zoneChangesAnswerSchema>;

export const zonesAnswerSchema = z.looseObject({
  zones: z.array(
    z.looseObject({
      zoneID: z.looseObject({ zoneName: z.string(), ownerRecordName: z.string().optional() }),
      syncToken: z.string().optional(),
      atomic: z.boolean().optional(),
      deleted: z.boolean().optional(),
      serverErrorCode: z.string().optional(),
      reason: z.string().optional(),
    }),
  ),
  serverEpoch: z.string().optional(),
});
export const recordsAnswerSchema = z.looseObject({
  records: z.array(recordAnswerSchema),
  continuationMarker: z.string().optional(),
  syncToken: z.string().optional(),
});
