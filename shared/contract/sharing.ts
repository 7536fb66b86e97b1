import { oc } from '@orpc/contract';
import { z } from 'zod';
import { albumID, participantID, photoID, shareLinkID, zoneID } from '../ids.ts';
import {
  accessRequest,
  activityEntry,
  departureRule,
  invitation,
  linkResolution,
  openPreset,
  participant,
  person,
  refusedEdit,
  share,
  shareDetail,
  shareLink,
  shareNotifications,
  sharePlan,
  sharePreset,
  shareProgress,
} from '../model/share.ts';

const nothing = z.strictObject({});
const title = z.string().trim().min(1).max(200);
const email = z
  .string()
  .trim()
  .min(3)
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, 'is not an e-mail address');
const link = z.string().min(1).max(4_096).describe('as pasted: an https address or a shoebox: link');
const shortGUID = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);
/** Photos, or one album with its photos. */
const what = z
  .strictObject({ photoIDs: z.array(photoID).max(100_000).default([]), albumID: albumID.nullable().default(null) })
  .refine((value) => value.photoIDs.length > 0 || value.albumID !== null, 'Choose photos or an album to share.');
const moved = z.strictObject({
  shareID: zoneID,
  moved: z.number().int(),
  copied: z.number().int(),
  already: z.number().int(),
  refused: z.array(z.strictObject({ photoID, reason: z.string() })),
});
const linkOptions = {
  preset: openPreset,
  expiresAt: z.number().int().nullable().default(null).describe('ms since 1970'),
  maxUses: z.number().int().min(1).max(1_000_000).nullable().default(null),
  password: z.string().min(1).max(1_000).nullable().default(null),
  label: z.string().trim().max(200).nullable().default(null),
};

/**
 * Sharing between people. Everything that changes a share needs the server: offline it fails with `offline`, while
 * editing the photos of a share goes on. Long steps report through the `shareProgress` event.
 */
export const sharing = {
  /** My shares and those I take part in, newest first. From this computer's memory; works offline. */
  list: oc.input(nothing).output(z.array(share)),
  /**
   * One share, from this computer's memory; works offline. Links are no records, so the feed never brings those made, used
   * or revoked elsewhere: unless `stored`, the server is asked for them first where I may manage, for a few seconds.
   */
  get: oc
    .input(z.strictObject({ id: zoneID, links: z.enum(['server', 'stored']).default('server') }))
    .output(shareDetail),
  /** What sharing would do, before anything happens. Without `shareID`: as a new share. */
  plan: oc.input(z.strictObject({ what, shareID: zoneID.nullable().default(null) })).output(sharePlan),
  create: oc
    .input(
      z.strictObject({
        title,
        what,
        people: z
          .array(z.strictObject({ email, preset: sharePreset }))
          .max(100)
          .default([]),
        publicPreset: openPreset.nullable().default(null),
        departureRule: departureRule.default('STAY'),
      }),
    )
    .output(moved),
  addTo: oc.input(z.strictObject({ id: zoneID, what })).output(moved),
  /** The photos of an import go to a share as well, and into an album of it, once they have been read. */
  addImported: oc
    .input(
      z.strictObject({ id: zoneID, sessionID: z.string().min(1).max(100), albumID: albumID.nullable().default(null) }),
    )
    .output(nothing),
  update: oc
    .input(
      z.strictObject({
        id: zoneID,
        title: title.optional(),
        publicPreset: openPreset.nullable().optional(),
        removePublicPeople: z.boolean().default(false).describe('when it becomes private again'),
        departureRule: departureRule.optional(),
        coverPhotoID: photoID.nullable().optional(),
        denyAccessRequests: z.boolean().optional(),
      }),
    )
    .output(share),
  /** Ends a share of mine. What is kept comes home first; the zone goes only when that has arrived. */
  stop: oc
    .input(
      z.strictObject({
        id: zoneID,
        keep: z.enum(['everything', 'mine']).default('everything'),
        graceDays: z.number().int().min(0).max(365).default(7),
      }),
    )
    .output(
      z.strictObject({
        kept: z.number().int(),
        left: z.number().int(),
        endsAt: z.number().int().nullable().describe('the end of the grace period'),
        ended: z.boolean().describe('false while it is only being stopped, which goes on by itself'),
      }),
    ),
  /** Remove Me. Copies go into my library first, then I leave. */
  leave: oc
    .input(z.strictObject({ id: zoneID, keepCopies: z.enum(['none', 'mine', 'everything']).default('mine') }))
    .output(z.strictObject({ copied: z.number().int() })),
  /** Copies photos of a share into my own library. */
  copyToLibrary: oc
    .input(z.strictObject({ photoIDs: z.array(photoID).min(1).max(100_000) }))
    .output(z.strictObject({ copied: z.number().int(), already: z.number().int() })),
  setNotifications: oc.input(z.strictObject({ id: zoneID, notifications: shareNotifications })).output(share),
  markSeen: oc.input(z.strictObject({ id: zoneID })).output(nothing),
  /** Long steps that run now, and what is left of one that was cut short and goes on by itself. */
  progress: oc.input(nothing).output(z.array(shareProgress)),
  /** Asks the server again for my shares, invitations and requests. */
  refresh: oc.input(nothing).output(nothing),

  /** Who has an account under these addresses; null where nobody has, or does not want to be found. */
  lookUp: oc
    .input(z.strictObject({ emails: z.array(email).min(1).max(50) }))
    .output(z.array(z.strictObject({ email, person: person.nullable() }))),
  /** People I already share with whose name or address contains the text; works offline. */
  suggestPeople: oc
    .input(z.strictObject({ text: z.string().max(200), limit: z.number().int().min(1).max(20).default(8) }))
    .output(z.array(person)),
  invite: oc
    .input(
      z.strictObject({
        id: zoneID,
        people: z
          .array(z.strictObject({ email, preset: sharePreset }))
          .min(1)
          .max(100),
      }),
    )
    .output(z.array(participant)),
  setRights: oc.input(z.strictObject({ id: zoneID, participantID, preset: sharePreset })).output(participant),
  remove: oc
    .input(z.strictObject({ id: zoneID, participantID, revokeLinks: z.boolean().default(false) }))
    .output(nothing),
  /** Sends the invitation again to somebody who has not answered, declined or left. */
  resend: oc.input(z.strictObject({ id: zoneID, participantID })).output(participant),

  createLink: oc
    .input(z.strictObject({ id: zoneID, ...linkOptions }))
    .output(z.strictObject({ link: shareLink, url: z.string().describe('shown this once') })),
  updateLink: oc
    .input(
      z.strictObject({
        id: zoneID,
        linkID: shareLinkID,
        preset: openPreset.optional(),
        expiresAt: z.number().int().nullable().optional(),
        maxUses: z.number().int().min(1).max(1_000_000).nullable().optional(),
        password: z.string().min(1).max(1_000).nullable().optional(),
        label: z.string().trim().max(200).optional(),
      }),
    )
    .output(shareLink),
  revokeLink: oc
    .input(z.strictObject({ id: zoneID, linkID: shareLinkID, removePeople: z.boolean().default(false) }))
    .output(shareLink),

  /**
   * What a link leads to. Changes nothing anywhere. A server this library never spoke to is asked only with
   * `allowServer`; no stored token is ever sent to a server other than the one that issued it.
   */
  resolve: oc
    .input(
      z.strictObject({
        link,
        allowServer: z.boolean().default(false),
        password: z.string().min(1).max(1_000).nullable().default(null),
      }),
    )
    .output(linkResolution),
  /** Takes part. The share shows at once, its photos as they arrive. */
  accept: oc
    .input(z.strictObject({ link, password: z.string().min(1).max(1_000).nullable().default(null) }))
    .output(share),
  acceptInvitation: oc.input(z.strictObject({ shortGUID })).output(share),
  declineInvitation: oc.input(z.strictObject({ shortGUID })).output(nothing),
  invitations: oc.input(nothing).output(z.array(invitation)),
  requestAccess: oc.input(z.strictObject({ link, message: z.string().max(1_000).default('') })).output(nothing),
  requests: oc.input(z.strictObject({ id: zoneID })).output(z.array(accessRequest)),
  answerRequest: oc
    .input(
      z.strictObject({
        id: zoneID,
        requestID: z.string().min(1).max(100),
        decision: z.enum(['grant', 'refuse']),
        preset: sharePreset.default('viewer'),
      }),
    )
    .output(nothing),

  activity: oc
    .input(
      z.strictObject({
        shareID: zoneID.nullable().default(null),
        before: z.number().int().nullable().default(null).describe('older than this time, ms'),
        limit: z.number().int().min(1).max(500).default(100),
      }),
    )
    .output(z.array(activityEntry)),
  /** What the badges of the sidebar count. */
  unseen: oc
    .input(nothing)
    .output(z.strictObject({ activity: z.number().int(), invitations: z.number().int(), requests: z.number().int() })),
  markActivitySeen: oc.input(nothing).output(nothing),

  notAccepted: oc.input(nothing).output(z.array(refusedEdit)),
  /** Puts what was refused into my own library (a photo, or a copy of the photo with the edit). */
  copyNotAccepted: oc.input(z.strictObject({ id: z.string().min(1).max(100) })).output(z.strictObject({ photoID })),
  discardNotAccepted: oc.input(z.strictObject({ id: z.string().min(1).max(100) })).output(nothing),
};
