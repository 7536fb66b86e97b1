import { z } from 'zod';
import { AppError } from '../../../shared/errors.ts';
import type { Participant, Person, SharePreset } from '../../../shared/model/share.ts';
import { rightsOfPreset } from '../../../shared/shareRights.ts';
import type { Links } from './links.ts';
import type { Permissions } from './permissions.ts';
import { personOf, type ShareQueries } from './shareQueries.ts';
import { displayName, type ShareRecords } from './shareRecords.ts';
import { participantsOf, type ShareServer } from './shareServer.ts';
import { online, readAccount, requireServer, type SharingDependencies } from './sharingContext.ts';

const discoverAnswer = z.looseObject({
  users: z.array(
    z.looseObject({
      userRecordName: z.string().optional(),
      nameComponents: z.looseObject({ givenName: z.string().optional(), familyName: z.string().optional() }).optional(),
      lookupInfo: z.looseObject({ emailAddress: z.string().optional() }).optional(),
      serverErrorCode: z.string().optional(),
    }),
  ),
});

/** Who takes part in a share and what each of them may do. */
export interface Participants {
  lookUp(emails: readonly string[]): Promise<{ email: string; person: Person | null }[]>;
  suggest(text: string, limit: number): Person[];
  invite(
    shareID: string,
    people: readonly { readonly email: string; readonly preset: SharePreset }[],
  ): Promise<Participant[]>;
  setRights(shareID: string, participantID: string, preset: SharePreset): Promise<Participant>;
  remove(shareID: string, participantID: string, revokeLinks: boolean): Promise<void>;
  resend(shareID: string, participantID: string): Promise<Participant>;
}

export interface ParticipantParts {
  readonly permissions: Permissions;
  readonly queries: ShareQueries;
  readonly records: ShareRecords;
  readonly server: ShareServer;
  readonly links: Links;
}

export function createParticipants(deps: SharingDependencies, parts: ParticipantParts): Participants {
  const { store } = deps;
  const { permissions, queries, records, server, links } = parts;

  const take = (shareID: string, record: unknown): void => {
    const zone = queries.zone(shareID);
    store.transaction('app', () => records.apply(zone, record));
    deps.onChange();
    deps.requestSync();
  };
  const person = (shareID: string, participantID: string): Participant => {
    const found = queries.participants(shareID).find(({ id }) => id === participantID);
    if (found === undefined)
      throw new AppError('notFound', 'This person is not in the share any more.', { participantID });
    return found;
  };
  const changeable = (shareID: string, participantID: string): Participant => {
    permissions.require(permissions.mayManage(shareID));
    const found = person(shareID, participantID);
    if (found.isOwner)
      throw new AppError('permissionFailure', 'The owner of a share can be neither removed nor changed.');
    return found;
  };

  return {
    lookUp: (emails) =>
      online('Looking people up', async () => {
        const { cloud } = requireServer(deps);
        const answer = discoverAnswer.parse(
          await cloud.extension('users/discover', { lookupInfos: emails.map((emailAddress) => ({ emailAddress })) }),
        );
        return emails.map((email, index) => {
          const user = answer.users[index];
          const found = user?.userRecordName !== undefined && user.serverErrorCode === undefined;
          return {
            email,
            person: found ? { userName: user.userRecordName ?? null, name: displayName(user), email } : null,
          };
        });
      }),

    suggest: (text, limit) => {
      const me = readAccount(store)?.userName ?? '';
      const pattern = `%${text.trim().replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
      return store.connection
        .statement<
          [string, string, string, number],
          { user_name: string | null; display_name: string | null; email: string | null }
        >(
          `SELECT max(user_name) AS user_name, max(display_name) AS display_name, email FROM participant
           WHERE email IS NOT NULL AND is_me = 0 AND coalesce(user_name, '') <> ?
             AND (email LIKE ? ESCAPE '\\' OR display_name LIKE ? ESCAPE '\\')
           GROUP BY email ORDER BY count(*) DESC, email LIMIT ?`,
        )
        .all(me, pattern, pattern, limit)
        .map(personOf);
    },

    invite: (shareID, people) =>
      online('Inviting people', async () => {
        const { account } = requireServer(deps);
        permissions.require(permissions.mayManage(shareID));
        const me = people.find(({ email }) => email.toLowerCase() === account.email.toLowerCase());
        if (me !== undefined) throw new AppError('invalidInput', `${me.email} is you.`, { email: me.email });
        const record = await server.change(queries.zone(shareID), (share) => ({
          participants: [
            ...participantsOf(share),
            ...people.map(({ email, preset }) => ({
              email,
              rights: rightsOfPreset(preset),
              acceptanceStatus: 'INVITED' as const,
            })),
          ],
        }));
        take(shareID, record);
        const wanted = new Set(people.map(({ email }) => email.toLowerCase()));
        return queries.participants(shareID).filter((one) => wanted.has(one.person.email?.toLowerCase() ?? ''));
      }),

    setRights: (shareID, participantID, preset) =>
      online('Changing rights', async () => {
        requireServer(deps);
        changeable(shareID, participantID);
        const record = await server.change(queries.zone(shareID), (share) => ({
          participants: participantsOf(share).map((one) =>
            one.participantId === participantID ? { ...one, rights: rightsOfPreset(preset) } : one,
          ),
        }));
        take(shareID, record);
        return person(shareID, participantID);
      }),

    remove: (shareID, participantID, revokeLinks) =>
      online('Removing somebody', async () => {
        requireServer(deps);
        const gone = changeable(shareID, participantID);
        // First, so that nobody is ever out while a way back in is open: what is cut short here is done by asking again.
        if (revokeLinks) await links.revokeKnownTo(shareID, gone);
        const record = await server.change(queries.zone(shareID), (share) => ({
          participants: participantsOf(share).filter((one) => one.participantId !== participantID),
        }));
        take(shareID, record);
      }),

    resend: (shareID, participantID) =>
      online('Inviting people', async () => {
        requireServer(deps);
        const { person: who, rights, state } = changeable(shareID, participantID);
        if (state === 'accepted') throw new AppError('conflict', 'They take part already.', { participantID });
        const address = who.email === null ? { userName: who.userName ?? '' } : { email: who.email };
        // A new entry is a new invitation, and a new letter; the old one goes.
        const record = await server.change(queries.zone(shareID), (share) => ({
          participants: [
            ...participantsOf(share).filter((one) => one.participantId !== participantID),
            { ...address, rights, acceptanceStatus: 'INVITED' as const },
          ],
        }));
        take(shareID, record);
        const again = queries
          .participants(shareID)
          .find(
            (one) =>
              one.state === 'invited' && (one.person.email === who.email || one.person.userName === who.userName),
          );
        if (again === undefined)
          throw new AppError('internal', 'The invitation was sent, but the server does not list it.');
        return again;
      }),
  };
}
