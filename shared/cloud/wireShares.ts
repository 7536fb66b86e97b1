import { z } from 'zod';
import { zoneIDSchema } from './wireRecords.ts';

/** Wire shapes of sharing: rights, participants, links, invitations, requests (docs/protocol.md, sections 4.5, 10, 14.4, 14.5). */

/** The four rights beside viewing, always written in this order. */
export const shareRights = ['ADD', 'EDIT', 'DELETE', 'MANAGE'] as const;
export type ShareRight = (typeof shareRights)[number];

export const participantTypes = ['OWNER', 'ADMINISTRATOR', 'USER', 'PUBLIC_USER', 'UNKNOWN'] as const;
export type ParticipantType = (typeof participantTypes)[number];
export const sharePermissions = ['NONE', 'READ_ONLY', 'READ_WRITE'] as const;
export type SharePermission = (typeof sharePermissions)[number];
export const acceptanceStatuses = ['INVITED', 'ACCEPTED', 'DECLINED', 'UNSUBSCRIBED', 'REMOVED'] as const;
export type AcceptanceStatus = (typeof acceptanceStatuses)[number];
export const departureRules = ['STAY', 'GO'] as const;
export type DepartureRule = (typeof departureRules)[number];

/** The presets of the app by their rights; a link's `role` is one of the first three. */
export const presetRights = {
  VIEWER: [],
  CONTRIBUTOR: ['ADD'],
  EDITOR: ['ADD', 'EDIT'],
  MANAGER: ['ADD', 'EDIT', 'DELETE', 'MANAGE'],
} as const satisfies Record<string, readonly ShareRight[]>;
export const linkRoles = ['VIEWER', 'CONTRIBUTOR', 'EDITOR'] as const;
export type LinkRole = (typeof linkRoles)[number];
export const linkStates = ['ACTIVE', 'EXPIRED', 'USED_UP', 'REVOKED'] as const;
export type LinkState = (typeof linkStates)[number];

/** The given rights once each and in wire order; anything else is dropped. */
export function normaliseRights(rights: readonly string[]): ShareRight[] {
  return shareRights.filter((right) => rights.includes(right));
}

/** READ_ONLY is no right, READ_WRITE at least one (section 14.4). */
export function permissionOf(rights: readonly ShareRight[]): 'READ_ONLY' | 'READ_WRITE' {
  return rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE';
}

const lookupInfoSchema = z.object({
  emailAddress: z.string().max(320).optional(),
  phoneNumber: z.string().max(50).optional(),
  userRecordName: z.string().max(255).optional(),
});
export type LookupInfo = z.infer<typeof lookupInfoSchema>;

/** One entry of `participants` in a share record as a client sends it. */
export const participantInputSchema = z.object({
  participantId: z.string().max(100).optional(),
  type: z.string().optional(),
  permission: z.string().optional(),
  acceptanceStatus: z.string().optional(),
  rights: z.array(z.enum(shareRights)).max(10).optional(),
  userIdentity: z
    .object({ userRecordName: z.string().max(255).optional(), lookupInfo: lookupInfoSchema.optional() })
    .optional(),
});
export type ParticipantInput = z.infer<typeof participantInputSchema>;

export interface WireIdentity {
  readonly userRecordName?: string;
  readonly nameComponents?: { readonly givenName?: string; readonly familyName?: string };
  readonly lookupInfo?: { readonly emailAddress?: string; readonly userRecordName?: string };
}

export interface WireParticipant {
  readonly participantId: string;
  readonly userIdentity: WireIdentity;
  readonly type: ParticipantType;
  readonly permission: SharePermission;
  readonly acceptanceStatus: AcceptanceStatus;
  readonly rights: readonly ShareRight[];
  readonly invitedBy?: string;
  readonly invitedAt?: number;
  readonly joinedByLinkID?: string;
}

const identityAnswerSchema = z.looseObject({
  userRecordName: z.string().optional(),
  nameComponents: z.looseObject({ givenName: z.string().optional(), familyName: z.string().optional() }).optional(),
  lookupInfo: z.looseObject({ emailAddress: z.string().optional() }).optional(),
});

/** A participant in an answer, read loosely. */
export const participantAnswerSchema = z.looseObject({
  participantId: z.string(),
  userIdentity: identityAnswerSchema.optional(),
  type: z.string(),
  permission: z.string(),
  acceptanceStatus: z.string(),
  rights: z.array(z.string()).optional(),
  invitedBy: z.string().optional(),
  invitedAt: z.number().optional(),
  joinedByLinkID: z.string().optional(),
});

/** A share record in an answer, read loosely. */
export const shareAnswerSchema = z.looseObject({
  recordName: z.string(),
  recordType: z.string(),
  recordChangeTag: z.string(),
  shortGUID: z.string(),
  publicPermission: z.string(),
  publicRights: z.array(z.string()).optional(),
  owner: z.looseObject({ userIdentity: identityAnswerSchema.optional() }).optional(),
  participants: z.array(participantAnswerSchema),
  currentUserParticipant: participantAnswerSchema.optional(),
  departureRule: z.string().optional(),
  endsAt: z.number().optional(),
  denyAccessRequests: z.boolean().optional(),
});
export type ShareAnswer = z.infer<typeof shareAnswerSchema>;

export const resolveRequestSchema = z.object({
  shortGUIDs: z
    .array(
      z.object({
        value: z.string().min(1).max(200),
        linkSecret: z.string().max(200).optional(),
        linkPassword: z.string().max(1000).optional(),
        shouldFetchRootRecord: z.boolean().optional(),
        rootRecordDesiredKeys: z.array(z.string()).optional(),
      }),
    )
    .min(1)
    .max(50),
});
export type ResolveRequest = z.infer<typeof resolveRequestSchema>;

export const resolveResultSchema = z.looseObject({
  shortGUID: z.string().optional(),
  containerIdentifier: z.string().optional(),
  environment: z.string().optional(),
  databaseScope: z.string().optional(),
  zoneID: z.looseObject({ zoneName: z.string(), ownerRecordName: z.string() }).optional(),
  share: shareAnswerSchema.optional(),
  ownerIdentity: identityAnswerSchema.optional(),
  participantType: z.string().optional(),
  participantPermission: z.string().optional(),
  participantStatus: z.string().optional(),
  participantRights: z.array(z.string()).optional(),
  mayRequestAccess: z.boolean().optional(),
  serverErrorCode: z.string().optional(),
  reason: z.string().optional(),
});
export const resolveAnswerSchema = z.looseObject({ results: z.array(resolveResultSchema) });

const linkOptions = {
  role: z.enum(linkRoles).optional(),
  expiresAt: z.number().int().positive().nullish(),
  maxUses: z.number().int().positive().max(1_000_000).nullish(),
  password: z.string().min(1).max(1000).nullish(),
  label: z.string().max(200).optional(),
};

export const linksModifyRequestSchema = z.strictObject({
  zoneID: zoneIDSchema,
  operations: z
    .array(
      z.discriminatedUnion('operationType', [
        z.strictObject({ operationType: z.literal('create'), link: z.strictObject(linkOptions) }),
        z.strictObject({
          operationType: z.literal('update'),
          link: z.strictObject({ linkID: z.string().max(100), ...linkOptions }),
        }),
        z.strictObject({
          operationType: z.literal('revoke'),
          link: z.strictObject({ linkID: z.string().max(100), removeParticipants: z.boolean().optional() }),
        }),
      ]),
    )
    .min(1)
    .max(50),
});
export type LinksModifyRequest = z.infer<typeof linksModifyRequestSchema>;
export const linksListRequestSchema = z.strictObject({ zoneID: zoneIDSchema });

export const linkAnswerSchema = z.looseObject({
  linkID: z.string(),
  shortGUID: z.string(),
  role: z.string(),
  state: z.string(),
  expiresAt: z.number().optional(),
  maxUses: z.number().optional(),
  useCount: z.number(),
  hasPassword: z.boolean(),
  label: z.string().optional(),
  url: z.string().optional(),
});

export const declineRequestSchema = z.strictObject({
  shortGUIDs: z
    .array(z.strictObject({ value: z.string().min(1).max(200) }))
    .min(1)
    .max(50),
});
export const requestCreateSchema = z.strictObject({
  shortGUID: z.string().min(1).max(200),
  message: z.string().max(1000).optional(),
});
export const requestListSchema = z.strictObject({ zoneID: zoneIDSchema });
export const requestAnswerSchema = z.strictObject({
  requests: z
    .array(
      z.strictObject({
        requestID: z.string().max(100),
        decision: z.enum(['GRANT', 'REFUSE']),
        rights: z.array(z.enum(shareRights)).max(10).optional(),
      }),
    )
    .min(1)
    .max(50),
});
