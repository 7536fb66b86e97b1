import { openPreset } from '../../shared/model/share.ts';
import { AppError } from '../../shared/errors.ts';
import type { AccessRequest, OpenPreset } from '../../shared/model/share.ts';
import { oneOf } from './choices.ts';
import type { CliCommand, FlagValues } from './command.ts';
import { askServer, findShare, presetOf, sharingClient, shareText, textFlag } from './shareArguments.ts';
import { UsageError } from './usageError.ts';

/** `share set|answer`: what an owner or manager changes of a share as a whole. */
export const shareSettingsCommands: readonly CliCommand[] = [
  {
    name: 'share set',
    usage:
      'SHARE [--title TITLE] [--public PRESET|none [--remove-people]] [--departure stay|go] [--requests allow|refuse]',
    summary: 'change a share: its title, who may join by its link, what becomes of what people added, and who may ask',
    details: ['--public none closes the link; whoever joined by it stays unless --remove-people is there.'],
    flags: {
      title: { type: 'string' },
      public: { type: 'string' },
      'remove-people': { type: 'boolean' },
      departure: { type: 'string' },
      requests: { type: 'string' },
    },
    run: async (context, args, flags) => {
      const title = textFlag(flags, 'title');
      const departure = oneOf(flags, 'departure', ['stay', 'go']);
      const requests = oneOf(flags, 'requests', ['allow', 'refuse']);
      const access = publicFlag(flags);
      const removePublicPeople = flags['remove-people'] === true;
      if (removePublicPeople && access !== null) throw new UsageError('--remove-people belongs to --public none.');
      const change = {
        ...(title === undefined ? {} : { title }),
        ...(access === undefined ? {} : { publicPreset: access, removePublicPeople }),
        ...(departure === undefined ? {} : { departureRule: departure === 'go' ? ('GO' as const) : ('STAY' as const) }),
        ...(requests === undefined ? {} : { denyAccessRequests: requests === 'refuse' }),
      };
      if (Object.keys(change).length === 0)
        throw new UsageError('Say what to change: --title, --public, --departure or --requests.');
      const client = await sharingClient(context);
      const share = await findShare(client, args[0]);
      const changed = await client.sharing.update({ id: share.id, ...change });
      context.output.record({ ...changed }, shareText(changed));
      return true;
    },
  },
  {
    name: 'share answer',
    usage: 'SHARE PERSON --as PRESET | --refuse',
    summary: 'answer somebody who asked for access; `shoebox share show` lists them',
    flags: { as: { type: 'string' }, refuse: { type: 'boolean' } },
    run: async (context, args, flags) => {
      const [name, who] = args;
      const as = textFlag(flags, 'as');
      const refuse = flags['refuse'] === true;
      if (who === undefined || (as === undefined) !== refuse)
        throw new UsageError('share answer SHARE PERSON --as PRESET, or --refuse');
      const preset = as === undefined ? undefined : presetOf(as);
      const client = await sharingClient(context);
      const share = await findShare(client, name);
      await askServer(client, context.output);
      const request = requestOf(await client.sharing.requests({ id: share.id }), share.title, who);
      await client.sharing.answerRequest({
        id: share.id,
        requestID: request.id,
        ...(preset === undefined ? { decision: 'refuse' } : { decision: 'grant', preset }),
      });
      const person = request.person.email ?? request.person.name ?? request.id;
      context.output.record(
        { shareID: share.id, requestID: request.id, answer: preset ?? 'refused' },
        preset === undefined ? `Refused ${person}.` : `Invited ${person} to “${share.title}” as ${preset}.`,
      );
      return true;
    },
  },
];

/** Who asked, by id, else by e-mail: everybody chooses their own name. @throws AppError notFound */
function requestOf(requests: readonly AccessRequest[], title: string, who: string): AccessRequest {
  const wanted = who.toLocaleLowerCase();
  const found =
    requests.find(({ id }) => id === who) ??
    requests.find(({ person }) => person.email?.toLocaleLowerCase() === wanted);
  if (found === undefined) throw new AppError('notFound', `${who} has not asked for access to “${title}”.`);
  return found;
}

/** @returns null where nobody may join by the share's own link any more */
function publicFlag(flags: FlagValues): OpenPreset | null | undefined {
  const text = textFlag(flags, 'public');
  if (text === undefined) return undefined;
  if (text === 'none') return null;
  const parsed = openPreset.safeParse(text);
  if (!parsed.success)
    throw new AppError('invalidInput', `--public is viewer, contributor, editor or none, not “${text}”.`);
  return parsed.data;
}
