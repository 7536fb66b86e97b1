import { z } from 'zod';
import { participantID, photoID, shareLinkID, zoneID } from '../ids.ts';

/** The four rights beside viewing, always in this order. Viewing comes with taking part. */
export const shareRight = z.enum(['ADD', 'EDIT', 'DELETE', 'MANAGE']);
export type ShareRight = z.infer<typeof shareRight>;

/** The sets of rights a person chooses from; `custom` is any other set, made by another client. */
export const sharePreset = z.enum(['viewer', 'contributor', 'editor', 'manager']);
export type SharePreset = z.infer<typeof sharePreset>;
export const shownPreset = z.enum(['viewer', 'contributor', 'editor', 'manager', 'custom']);
export type ShownPreset = z.infer<typeof shownPreset>;

/** What anybody who opens a link may become: never a manager. */
export const openPreset = z.enum(['viewer', 'contributor', 'editor']);
export type OpenPreset = z.infer<typeof openPreset>;

/** Whether what a person added stays when they leave, or goes with them. */
export const departureRule = z.enum(['STAY', 'GO']);
export type DepartureRule = z.infer<typeof departureRule>;

/** Somebody as the server verified them; parts it does not tell are null. */
export const person = z.strictObject({
  userName: z.string().nullable().describe('opaque; null for an invited address without an account'),
  name: z.string().nullable(),
  email: z.string().nullable(),
});
export type Person = z.infer<typeof person>;

export const participantState = z.enum(['invited', 'accepted', 'declined', 'left', 'removed']);
export type ParticipantState = z.infer<typeof participantState>;

export const participant = z.strictObject({
  id: participantID,
  person,
  isMe: z.boolean(),
  isOwner: z.boolean(),
  state: participantState,
  preset: shownPreset,
  rights: z.array(shareRight),
  invitedBy: z.string().nullable().describe('display name'),
  invitedAt: z.number().int().nullable(),
  joinedByLink: z.string().nullable().describe('id of the share link they came by'),
  mayChange: z.boolean().describe('I may change their rights or remove them'),
});
export type Participant = z.infer<typeof participant>;

/** `stopping`: photos are on their way home; `ending`: stopped, readable until `endsAt`. */
export const shareState = z.enum(['active', 'creating', 'stopping', 'ending']);
export type ShareState = z.infer<typeof shareState>;

export const shareNotifications = z.enum(['all', 'people', 'none']);
export type ShareNotifications = z.infer<typeof shareNotifications>;

/** A share as lists show it. Its id is the id of its zone. */
export const share = z.strictObject({
  id: zoneID,
  title: z.string(),
  mine: z.boolean().describe('I am the owner'),
  owner: person,
  rights: z.array(shareRight).describe('my own; the owner has all'),
  preset: shownPreset,
  state: shareState,
  endsAt: z.number().int().nullable(),
  departureRule,
  publicPreset: openPreset.nullable().describe('null: invited people only'),
  link: z.string().nullable().describe('the address to send; it opens only for those who may'),
  coverPhotoID: photoID.nullable(),
  photos: z.number().int(),
  people: z.number().int().describe('who take part, the owner included'),
  invited: z.number().int(),
  requests: z.number().int().describe('people who asked for access'),
  unseen: z.number().int().describe('photos others added since I last looked'),
  notifications: shareNotifications,
  createdAt: z.number().int(),
});
export type Share = z.infer<typeof share>;

export const linkState = z.enum(['active', 'expired', 'usedUp', 'revoked']);
export type LinkState = z.infer<typeof linkState>;

/** One link object of a share. Its address with the secret is shown once, when it is made. */
export const shareLink = z.strictObject({
  id: shareLinkID,
  label: z.string().nullable(),
  preset: openPreset,
  state: linkState,
  expiresAt: z.number().int().nullable(),
  maxUses: z.number().int().nullable(),
  uses: z.number().int(),
  hasPassword: z.boolean(),
});
export type ShareLinkInfo = z.infer<typeof shareLink>;

/** Somebody who opened the link without being invited and asked. */
export const accessRequest = z.strictObject({
  id: z.string(),
  person,
  message: z.string().nullable(),
  at: z.number().int(),
});
export type AccessRequest = z.infer<typeof accessRequest>;

/** A share with everything the Participants panel shows. */
export const shareDetail = share.extend({
  participants: z.array(participant),
  links: z.array(shareLink),
  accessRequests: z.array(accessRequest),
  denyAccessRequests: z.boolean(),
  mayManage: z.boolean(),
});
export type ShareDetail = z.infer<typeof shareDetail>;

/** What the server says of a share before I take part. Nothing is written while it is shown. */
export const sharePreview = z.strictObject({
  shortGUID: z.string(),
  server: z.string().describe('host, in punycode where it is not plain ASCII'),
  title: z.string(),
  owner: person,
  photos: z.number().int().nullable(),
  cover: z.string().nullable().describe('base64 of a small WebP or JPEG the owner chose to show'),
  preset: shownPreset,
  rights: z.array(shareRight),
  departureRule,
  endsAt: z.number().int().nullable(),
  people: z.number().int(),
  account: z.string().describe('the e-mail I would take part with'),
  othersWillSee: z.array(z.string()).describe('what others will see of me, in words'),
});
export type SharePreview = z.infer<typeof sharePreview>;

/** What opening a link led to. Only `preview` can be accepted. */
export const linkResolution = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('preview'), preview: sharePreview }),
  z.strictObject({
    outcome: z.literal('member'),
    shareID: zoneID.nullable().describe('I already take part, or own it'),
  }),
  z.strictObject({ outcome: z.literal('consent'), server: z.string(), signedInTo: z.string().nullable() }),
  z.strictObject({ outcome: z.literal('signIn'), server: z.string(), origin: z.string() }),
  z.strictObject({ outcome: z.literal('otherServer'), server: z.string(), signedInTo: z.string() }),
  z.strictObject({ outcome: z.literal('password'), server: z.string(), wrong: z.boolean() }),
  z.strictObject({
    outcome: z.literal('mayRequest'),
    server: z.string(),
    shortGUID: z.string(),
    ownerName: z.string().nullable(),
  }),
]);
export type LinkResolution = z.infer<typeof linkResolution>;

/** An invitation waiting in my inbox. */
export const invitation = z.strictObject({
  shortGUID: z.string(),
  title: z.string(),
  owner: person,
  photos: z.number().int().nullable(),
  preset: shownPreset,
  rights: z.array(shareRight),
  departureRule,
  receivedAt: z.number().int(),
});
export type Invitation = z.infer<typeof invitation>;

/** One line of the feed: "Ben added 12 photos to Crete". Additions by one person in one go are one line. */
export const activityEntry = z.strictObject({
  id: z.string(),
  shareID: zoneID,
  shareTitle: z.string(),
  kind: z.enum([
    'added',
    'edited',
    'deleted',
    'restored',
    'commented',
    'liked',
    'rated',
    'invited',
    'joined',
    'declined',
    'left',
    'removed',
    'rightsChanged',
    'requested',
    'ending',
    'ended',
    'notAccepted',
  ]),
  actor: z.string().nullable().describe('display name; null is me'),
  subject: z.string().nullable().describe('the person it happened to'),
  count: z.number().int(),
  photoIDs: z.array(photoID).describe('at most 12, for thumbnails'),
  text: z.string().describe('the whole line, in words'),
  at: z.number().int(),
  seen: z.boolean(),
});
export type ActivityEntry = z.infer<typeof activityEntry>;

/** An edit of mine that the server refused because my rights had shrunk. */
export const refusedEdit = z.strictObject({
  id: z.string(),
  shareID: zoneID.nullable(),
  shareTitle: z.string(),
  what: z.string().describe('"Caption of IMG_0123.JPG", "Added beach.jpg"'),
  reason: z.string(),
  photoID: photoID.nullable(),
  mayCopy: z.boolean(),
  at: z.number().int(),
});
export type RefusedEdit = z.infer<typeof refusedEdit>;

/** What sharing these things would mean, shown before it is done. */
export const sharePlan = z.strictObject({
  title: z.string().describe('a suggestion'),
  photos: z.number().int().describe('that will move into the share'),
  copies: z.number().int().describe('that are in another share already and become copies'),
  already: z.number().int().describe('that are in the target share already'),
  refused: z.array(z.strictObject({ photoID, reason: z.string() })),
  bytes: z.number(),
});
export type SharePlan = z.infer<typeof sharePlan>;

/** How far a long step has come. Counts are of photos. */
export const shareProgress = z.strictObject({
  operation: z.enum(['create', 'add', 'stop', 'leave']),
  shareID: zoneID.nullable(),
  phase: z.enum(['server', 'photos', 'finishing', 'done']),
  done: z.number().int(),
  total: z.number().int(),
});
export type ShareProgress = z.infer<typeof shareProgress>;
