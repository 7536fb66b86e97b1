import { oc } from '@orpc/contract';
import { z } from 'zod';
import { account as accountModel, device } from '../model/sync.ts';

const nothing = z.strictObject({});
const server = z.string().min(1).max(500);
const credentials = {
  server,
  email: z.string().min(3).max(320),
  password: z.string().min(1).max(1_000),
};

/** The account this library is mirrored under. A library belongs to one account. */
export const account = {
  get: oc.input(nothing).output(accountModel.nullable()),
  /**
   * Makes an account and signs in; `invitationCode` for servers that take new accounts by invitation.
   * @throws alreadyExists, offline, serverUnknown, serverRejected
   */
  signUp: oc
    .input(
      z.strictObject({
        ...credentials,
        name: z.string().min(1).max(200),
        invitationCode: z.string().min(1).max(200).optional(),
      }),
    )
    .output(accountModel),
  /**
   * Signs in. When the library belonged to another account, `otherAccount` says what is to happen; without it the
   * answer is the error `conflict`, and nothing has changed.
   */
  signIn: oc.input(z.strictObject({ ...credentials, otherAccount: z.enum(['merge']).optional() })).output(accountModel),
  /**
   * Ends this computer's session. With changes the server does not have, `unsent` must say that they are to be kept
   * here for later; else the answer is the error `conflict` with their number, and nothing has changed.
   */
  signOut: oc.input(z.strictObject({ unsent: z.enum(['keep']).optional() })).output(nothing),
  devices: oc.input(nothing).output(z.array(device)),
  /** Ends another computer's session. */
  revokeDevice: oc.input(z.strictObject({ id: z.string().min(1).max(100) })).output(nothing),
};
