import type { Share, SharePreset } from '../../shared/model/share.ts';
import { oneOf } from './choices.ts';
import type { CliCommand, CliContext, FlagValues } from './command.ts';
import type { CoreClient } from './coreSession.ts';
import { wholeNumber } from './numbers.ts';
import {
  askServer,
  findParticipant,
  findShare,
  openPresetFlag,
  presetOf,
  sendChanges,
  sharingClient,
  shareText,
  textFlag,
  whatToShare,
} from './shareArguments.ts';
import { UsageError } from './usageError.ts';

const sharedWhere = '--where leaves hidden photos out: name them by id to share them.';

/** `share create|add|show|invite|rights|remove|stop|leave`; links and invitations are in shareLinks.ts. */
export const shareCommands: readonly CliCommand[] = [
  {
    name: 'share create',
    usage:
      'TITLE [PHOTO...] [--album ALBUM] [--where QUERY] [--invite EMAIL[=PRESET]]... [--public PRESET] [--departure stay|go]',
    summary: 'share photos or an album; presets: viewer, contributor, editor, manager',
    details: [sharedWhere],
    flags: {
      album: { type: 'string' },
      where: { type: 'string' },
      invite: { type: 'string', multiple: true },
      public: { type: 'string' },
      departure: { type: 'string' },
    },
    run: async (context, args, flags) => {
      const [title, ...photos] = args;
      if (title === undefined) throw new UsageError('Name the share: share create TITLE PHOTO...');
      const client = await sharingClient(context);
      const departure = oneOf(flags, 'departure', ['stay', 'go']) ?? 'stay';
      const made = await client.sharing.create({
        title,
        what: await whatToShare(client, photos, flags),
        people: invitedPeople(flags),
        publicPreset: openPresetFlag(flags, 'public') ?? null,
        departureRule: departure === 'go' ? 'GO' : 'STAY',
      });
      await sendChanges(context);
      const share = await client.sharing.get({ id: made.shareID });
      for (const { photoID, reason } of made.refused) context.output.note(`${photoID}: ${reason}`);
      context.output.record(
        { ...made, title: share.title, link: share.link },
        `Shared ${made.moved + made.copied} photos as “${share.title}”: ${share.link ?? share.id}`,
      );
      return true;
    },
  },
  {
    name: 'share add',
    usage: 'SHARE [PHOTO...] [--album ALBUM] [--where QUERY]',
    summary: 'add photos to a share; what is shared elsewhere becomes a copy',
    details: [sharedWhere],
    flags: { album: { type: 'string' }, where: { type: 'string' } },
    run: async (context, args, flags) => {
      const [name, ...photos] = args;
      const client = await sharingClient(context);
      const share = await findShare(client, name);
      const added = await client.sharing.addTo({ id: share.id, what: await whatToShare(client, photos, flags) });
      await sendChanges(context);
      for (const { photoID, reason } of added.refused) context.output.note(`${photoID}: ${reason}`);
      context.output.record(
        { ...added },
        `Added ${added.moved + added.copied} photos to “${share.title}” (${added.copied} as copies, ${added.already} were there).`,
      );
      return added.refused.length === 0;
    },
  },
  {
    name: 'share show',
    usage: 'SHARE',
    summary: 'one share with its people, links and requests',
    flags: {},
    run: async (context, args) => {
      const client = await sharingClient(context);
      const share = await findShare(client, args[0]);
      if (share.mine || share.preset === 'manager') await askServer(client, context.output);
      const detail = await client.sharing.get({ id: share.id });
      const lines = [
        shareText(detail),
        ...detail.participants.map(
          (one) =>
            `  ${one.person.name ?? one.person.email ?? one.id}\t${one.isOwner ? 'owner' : one.preset}\t${one.state}\t${one.id}`,
        ),
        ...detail.links.map(
          (one) => `  link ${one.label ?? 'without a label'}\t${one.preset}\t${one.state}\t${one.uses} uses\t${one.id}`,
        ),
        ...detail.accessRequests.map((one) => `  request ${one.person.name ?? one.person.email ?? ''}\t${one.id}`),
      ];
      context.output.record({ ...detail }, lines.join('\n'));
      return true;
    },
  },
  {
    name: 'share invite',
    usage: 'SHARE EMAIL... [--as PRESET]',
    summary: 'invite people by e-mail address',
    flags: { as: { type: 'string' } },
    run: async (context, args, flags) => {
      const [name, ...emails] = args;
      if (emails.length === 0) throw new UsageError('Name somebody to invite: share invite SHARE EMAIL...');
      const client = await sharingClient(context);
      const share = await findShare(client, name);
      const preset = presetOf(textFlag(flags, 'as') ?? 'contributor');
      const invited = await client.sharing.invite({ id: share.id, people: emails.map((email) => ({ email, preset })) });
      for (const one of invited) {
        context.output.record({ ...one }, `${one.person.email ?? one.id}\t${one.preset}\t${one.state}`);
      }
      return true;
    },
  },
  {
    name: 'share rights',
    usage: 'SHARE PERSON PRESET',
    summary: 'what somebody may do: viewer, contributor, editor, manager',
    flags: {},
    run: async (context, args) => {
      const [name, who, preset] = args;
      if (preset === undefined) throw new UsageError('share rights SHARE PERSON PRESET');
      const client = await sharingClient(context);
      const share = await findShare(client, name);
      const person = await findParticipant(client, share, who);
      const changed = await client.sharing.setRights({
        id: share.id,
        participantID: person.id,
        preset: presetOf(preset),
      });
      context.output.record({ ...changed }, `${changed.person.name ?? changed.person.email ?? ''}\t${changed.preset}`);
      return true;
    },
  },
  {
    name: 'share remove',
    usage: 'SHARE PERSON [--revoke-links]',
    summary: 'take somebody out of a share; effective on their next request',
    flags: { 'revoke-links': { type: 'boolean' } },
    run: async (context, args, flags) => {
      const client = await sharingClient(context);
      const share = await findShare(client, args[0]);
      const person = await findParticipant(client, share, args[1]);
      await client.sharing.remove({
        id: share.id,
        participantID: person.id,
        revokeLinks: flags['revoke-links'] === true,
      });
      context.output.record(
        { shareID: share.id, removed: person.id },
        `Removed ${person.person.name ?? person.person.email ?? person.id} from “${share.title}”.`,
      );
      return true;
    },
  },
  {
    name: 'share leave',
    usage: 'SHARE [--keep none|mine|everything]',
    summary: 'stop taking part; copies of what you added stay with you unless you say otherwise',
    flags: { keep: { type: 'string' } },
    run: async (context, args, flags) => {
      const keep = oneOf(flags, 'keep', ['none', 'mine', 'everything']) ?? 'mine';
      const client = await sharingClient(context);
      const share = await findShare(client, args[0]);
      const { copied } = await client.sharing.leave({ id: share.id, keepCopies: keep });
      context.output.record({ shareID: share.id, copied }, `You left “${share.title}” and kept ${copied} copies.`);
      return true;
    },
  },
  {
    name: 'share stop',
    usage: 'SHARE [--keep everything|mine] [--grace DAYS]',
    summary: 'end a share of yours; its photos come back to your library',
    flags: { keep: { type: 'string' }, grace: { type: 'string' } },
    run: async (context, args, flags) => {
      const keep = oneOf(flags, 'keep', ['everything', 'mine']) ?? 'everything';
      const graceDays = wholeNumber(textFlag(flags, 'grace') ?? '7', '--grace', 0, 365);
      const client = await sharingClient(context);
      const share = await findShare(client, args[0]);
      const ended = await client.sharing.stop({ id: share.id, keep, graceDays });
      context.output.record(
        { shareID: share.id, ...ended },
        ended.ended
          ? `“${share.title}” is not shared any more; ${ended.kept} photos are in your library.`
          : ended.endsAt === null
            ? `“${share.title}” is being stopped; that goes on by itself while the library is open.`
            : `“${share.title}” ends on ${new Date(ended.endsAt).toISOString().slice(0, 10)}; until then people can take copies.`,
      );
      return true;
    },
  },
];

/** The lists of shares and invitations, for `list`. */
export async function listShares({ output }: CliContext, client: CoreClient, where: string): Promise<void> {
  for (const share of await client.sharing.list({})) {
    if (matches(share, where)) output.record({ ...share }, shareText(share));
  }
}

export async function listInvitations(context: CliContext, client: CoreClient, where: string): Promise<void> {
  const { output } = context;
  await sharingClient(context);
  await askServer(client, output);
  for (const one of await client.sharing.invitations({})) {
    if (!one.title.toLocaleLowerCase().includes(where.toLocaleLowerCase())) continue;
    output.record(
      { ...one },
      `${one.title}\tfrom ${one.owner.name ?? one.owner.email ?? ''}\t${one.preset}\t${one.shortGUID}`,
    );
  }
}

function matches(share: Share, where: string): boolean {
  return share.title.toLocaleLowerCase().includes(where.toLocaleLowerCase());
}

function invitedPeople(flags: FlagValues): { email: string; preset: SharePreset }[] {
  const given = flags['invite'];
  const entries = Array.isArray(given) ? given.filter((one) => typeof one === 'string') : [];
  return entries.map((entry) => {
    const [email = '', preset = 'contributor'] = entry.split('=');
    return { email, preset: presetOf(preset) };
  });
}
