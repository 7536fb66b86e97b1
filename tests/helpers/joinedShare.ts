import type { Person } from './sharingWorld.ts';

/** What a test says of the share it starts from; the rest is a share called Crete. */
export interface JoinedShareOptions {
  readonly photoIDs: readonly string[];
  readonly albumID?: string | null;
  readonly title?: string;
  readonly preset: 'viewer' | 'contributor' | 'editor' | 'manager';
  readonly departureRule?: 'STAY' | 'GO';
}

/** One person shares, the other accepts the invitation, and both have read it. @returns the share's id with each of them */
export async function joinedShare(
  owner: Person,
  guest: Person,
  { photoIDs, albumID = null, title = 'Crete', preset, departureRule = 'STAY' }: JoinedShareOptions,
): Promise<{ anas: string; bens: string }> {
  const { shareID } = await owner.sharing.shares.create({
    title,
    what: { photoIDs: [...photoIDs], albumID },
    people: [{ email: guest.email, preset }],
    publicPreset: null,
    departureRule,
  });
  await owner.sync();
  await guest.sync();
  const [invitation] = guest.sharing.invitations.list();
  const joined = await guest.sharing.invitations.acceptInvitation(invitation?.shortGUID ?? '');
  await guest.sync();
  await owner.sync();
  return { anas: shareID, bens: joined.id };
}
