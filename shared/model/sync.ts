import { z } from 'zod';

/** Why something stands still, each with the sentence and the action of the status page (renderer/features/sync). */
export const attentionReasons = [
  'offline',
  'serverBusy',
  'signIn',
  'storageFull',
  'tooLarge',
  'notAccepted',
  'rejected',
  'waitingForParent',
  'accessEnded',
  'unreadable',
  'diskFull',
  'fileMissing',
] as const;
export const attentionReason = z.enum(attentionReasons);
export type AttentionReason = z.infer<typeof attentionReason>;

/** One lasting thing a person may want to look at. It leaves by itself when its cause ends. */
export const attention = z.strictObject({
  reason: attentionReason,
  count: z.number().int().describe('changes or files concerned; 0 when it is about everything'),
  message: z.string().nullable().describe('what the server or the disk said'),
  action: z.enum(['retry', 'signIn', 'showNotAccepted', 'none']),
});
export type Attention = z.infer<typeof attention>;

export const syncStatus = z.strictObject({
  state: z.enum(['off', 'upToDate', 'syncing', 'offline', 'needsAttention', 'paused']),
  phase: z.enum(['stopped', 'paused', 'signIn', 'waiting', 'setup', 'importing', 'exporting', 'idle']),
  /** Changes the server does not have yet. */
  waitingChanges: z.number().int(),
  uploads: z.number().int(),
  uploadBytes: z.number(),
  downloads: z.number().int(),
  downloadBytes: z.number(),
  lastImport: z.number().nullable().describe('ms since 1970'),
  lastExport: z.number().nullable(),
  /** Since when it has been waiting for the server or the network, ms. */
  waitingSince: z.number().nullable(),
  /** Changes of others arrive by themselves; else they are asked for every minute. */
  live: z.boolean(),
  attention: z.array(attention),
});
export type SyncStatus = z.infer<typeof syncStatus>;

export const syncEvent = z.strictObject({
  id: z.number().int(),
  kind: z.enum(['setup', 'import', 'export']),
  store: z.enum(['private', 'shared', 'both']),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  succeeded: z.boolean(),
  changes: z.number().int(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
});
export type SyncEvent = z.infer<typeof syncEvent>;

export const account = z.strictObject({
  server: z.string(),
  userName: z.string(),
  email: z.string(),
  displayName: z.string().nullable(),
  state: z.enum(['signedIn', 'needsSignIn', 'signedOut']),
});
export type Account = z.infer<typeof account>;

export const device = z.strictObject({
  id: z.string(),
  name: z.string().nullable(),
  createdAt: z.number(),
  expiresAt: z.number(),
  current: z.boolean(),
});
export type Device = z.infer<typeof device>;

/** The server this computer runs for the local network, when it does. */
export const hostedServer = z.strictObject({ running: z.boolean(), addresses: z.array(z.string()) });
export type HostedServer = z.infer<typeof hostedServer>;
