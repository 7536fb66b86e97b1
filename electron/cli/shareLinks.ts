import { text as readAll } from 'node:stream/consumers';
import { AppError } from '../../shared/errors.ts';
import type { SharePreview } from '../../shared/model/share.ts';
import type { CliCommand, FlagValues } from './command.ts';
import type { CoreClient } from './coreSession.ts';
import { wholeNumber } from './numbers.ts';
import {
  findLink,
  findShare,
  openPresetFlag,
  sendChanges,
  sharingClient,
  shareText,
  textFlag,
} from './shareArguments.ts';
import { UsageError } from './usageError.ts';

/** `share link|accept|decline|request`: from a link or an invitation to taking part. */
export const shareLinkCommands: readonly CliCommand[] = [
  {
    name: 'share link',
    usage:
      'SHARE [--new] [--as PRESET] [--expires DATE] [--uses N] [--password] [--label TEXT] | --revoke LINK [--remove-people]',
    summary: 'the address of a share; --new makes a link of its own (password from standard input)',
    flags: {
      new: { type: 'boolean' },
      as: { type: 'string' },
      expires: { type: 'string' },
      uses: { type: 'string' },
      password: { type: 'boolean' },
      label: { type: 'string' },
      revoke: { type: 'string' },
      'remove-people': { type: 'boolean' },
    },
    run: async ({ core, output }, args, flags) => {
      const [expiresAt, maxUses] = [expiry(flags), uses(flags)];
      const client = await sharingClient({ core });
      const share = await findShare(client, args[0]);
      const revoke = textFlag(flags, 'revoke');
      if (revoke !== undefined) {
        const link = await findLink(client, share, revoke);
        const gone = await client.sharing.revokeLink({
          id: share.id,
          linkID: link.id,
          removePeople: flags['remove-people'] === true,
        });
        output.record({ ...gone }, `Revoked ${gone.label ?? gone.id}.`);
        return true;
      }
      if (flags['new'] !== true) {
        if (share.link === null) throw new AppError('notAuthenticated', 'Sign in to see the address of this share.');
        output.record({ shareID: share.id, url: share.link }, share.link);
        return true;
      }
      const made = await client.sharing.createLink({
        id: share.id,
        preset: openPresetFlag(flags, 'as') ?? 'viewer',
        expiresAt,
        maxUses,
        password: flags['password'] === true ? await passwordFromInput() : null,
        label: textFlag(flags, 'label') ?? null,
      });
      output.record({ ...made.link, url: made.url }, made.url);
      return true;
    },
  },
  {
    name: 'share accept',
    usage: 'LINK|INVITATION [--yes] [--server-ok] [--password]',
    summary: 'show what a link or invitation leads to; with --yes take part (password from standard input)',
    flags: { yes: { type: 'boolean' }, 'server-ok': { type: 'boolean' }, password: { type: 'boolean' } },
    run: async ({ core, output }, args, flags) => {
      const [what] = args;
      if (what === undefined || args.length > 1) throw new UsageError('Give one link or one invitation.');
      const client = await sharingClient({ core });
      const accepting = flags['yes'] === true;
      if (/^[A-Za-z0-9_-]{16,64}$/.test(what)) return acceptInvitation(client, output, what, accepting);
      const password = flags['password'] === true ? await passwordFromInput() : null;
      const seen = await client.sharing.resolve({ link: what, allowServer: flags['server-ok'] === true, password });
      switch (seen.outcome) {
        case 'consent':
          throw new AppError(
            'serverUnknown',
            `This link leads to ${seen.server}, which this library never spoke to. Add --server-ok to ask it.`,
          );
        case 'signIn':
          throw new AppError(
            'notAuthenticated',
            `Sign in first: shoebox account sign-in --server ${seen.origin} --email YOU`,
          );
        case 'otherServer':
          throw new AppError(
            'serverUnknown',
            `This share lies on ${seen.server}; this library is signed in to ${seen.signedInTo}. Use a library signed in there.`,
          );
        case 'password':
          throw new AppError(
            'permissionFailure',
            seen.wrong
              ? 'The password is wrong, or the link can no longer be used.'
              : 'This link asks for a password: add --password and give it on standard input.',
          );
        case 'mayRequest':
          throw new AppError(
            'permissionFailure',
            `This link is for invited people. \`shoebox share request LINK\` asks ${seen.ownerName ?? 'the owner'} for access.`,
          );
        case 'member':
          output.record({ outcome: 'member', shareID: seen.shareID }, 'You take part in this share already.');
          return true;
        case 'preview': {
          if (!accepting) {
            output.record({ outcome: 'preview', ...seen.preview, cover: null }, previewText(seen.preview));
            output.note('Nothing was accepted. Add --yes to take part.');
            return true;
          }
          const share = await client.sharing.accept({ link: what, password });
          await sendChanges({ core, output });
          output.record({ outcome: 'accepted', ...share }, shareText(share));
          return true;
        }
      }
    },
  },
  {
    name: 'share decline',
    usage: 'INVITATION',
    summary: 'turn an invitation down; the owner is told',
    flags: {},
    run: async ({ core, output }, args) => {
      const [guid] = args;
      if (guid === undefined) throw new UsageError('Name the invitation. `shoebox list invitations` lists them.');
      const client = await sharingClient({ core });
      await client.sharing.declineInvitation({ shortGUID: guid });
      output.record({ declined: guid }, 'Declined.');
      return true;
    },
  },
  {
    name: 'share request',
    usage: 'LINK [--message TEXT]',
    summary: 'ask the owner of a private share for access',
    flags: { message: { type: 'string' } },
    run: async ({ core, output }, args, flags) => {
      const [link] = args;
      if (link === undefined) throw new UsageError('Give the link of the share.');
      const client = await sharingClient({ core });
      await client.sharing.requestAccess({ link, message: textFlag(flags, 'message') ?? '' });
      output.record({ requested: true }, 'The owner has been asked.');
      return true;
    },
  },
];

async function acceptInvitation(
  client: CoreClient,
  output: Parameters<CliCommand['run']>[0]['output'],
  shortGUID: string,
  accepting: boolean,
): Promise<boolean> {
  await client.sharing.refresh({});
  const invitation = (await client.sharing.invitations({})).find((one) => one.shortGUID === shortGUID);
  if (invitation === undefined)
    throw new AppError('notFound', 'There is no such invitation. `shoebox list invitations` lists them.');
  if (!accepting) {
    output.record(
      { outcome: 'preview', ...invitation },
      `“${invitation.title}” from ${invitation.owner.name ?? invitation.owner.email ?? ''}, you: ${invitation.preset}`,
    );
    output.note('Nothing was accepted. Add --yes to take part.');
    return true;
  }
  const share = await client.sharing.acceptInvitation({ shortGUID });
  output.record({ outcome: 'accepted', ...share }, shareText(share));
  return true;
}

function previewText(preview: SharePreview): string {
  const rule = preview.departureRule === 'GO' ? 'goes with you' : 'stays';
  return [
    `“${preview.title}” from ${preview.owner.name ?? preview.owner.email ?? 'somebody'} on ${preview.server}`,
    `You would take part as ${preview.account}, ${preview.preset}. What you add ${rule} when you leave.`,
    ...preview.othersWillSee.map((line) => `Others will see: ${line}`),
  ].join('\n');
}

function expiry(flags: FlagValues): number | null {
  const text = textFlag(flags, 'expires');
  if (text === undefined) return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new UsageError(`--expires is a date like 2026-12-24, not “${text}”.`);
  return time;
}

function uses(flags: FlagValues): number | null {
  const text = textFlag(flags, 'uses');
  if (text === undefined) return null;
  return wholeNumber(text, '--uses', 1, 1_000_000);
}

/** A password never stands among the arguments: every program on the machine could read it there. */
async function passwordFromInput(): Promise<string> {
  const password = (await readAll(process.stdin)).replace(/\r?\n$/, '');
  if (password === '') throw new UsageError('Give the password on standard input.');
  return password;
}
