import { isEmailAddress } from '../../shared/emailAddress.ts';
import { normaliseRights, participantInputSchema, permissionOf } from '../../shared/cloud/wireShares.ts';
import type { ParticipantInput, ShareRight } from '../../shared/cloud/wireShares.ts';
import { CloudError, badRequest } from './cloudError.ts';
import { revokeLinksOf } from './links.ts';
import { announceToPeople } from './pushes.ts';
import { parseBody } from './parseBody.ts';
import type { RecordBatch } from './recordBatch.ts';
import { grantable } from './rights.ts';
import { loadShare, rightsOf } from './shareRecord.ts';
import type { ParticipantRow } from './shareRecord.ts';
import type { AfterCommit } from './context.ts';
import { randomUUID } from './tokens.ts';
import { endUploads } from './uploadRights.ts';
import { hideZone } from './views.ts';

/**
 * Makes a share's people those of the array a client sent (section 10.3): the *whole* array, so who is not in it is
 * removed. The owner's own entry is ignored: nobody can remove or change the owner.
 * @throws CloudError BAD_REQUEST, ACCESS_DENIED (rights the caller lacks), QUOTA_EXCEEDED (too many people)
 */
export async function reconcileParticipants(
  batch: RecordBatch,
  given: readonly unknown[],
  afterCommit: AfterCommit[],
): Promise<void> {
  const { sql, context, open } = batch;
  const { participantsPerShare } = context.services.config.limits;
  if (given.length > participantsPerShare + 1) {
    throw new CloudError('QUOTA_EXCEEDED', `a share has at most ${participantsPerShare} participants`, {
      limit: 'participantsPerShare',
      maximum: participantsPerShare,
    });
  }
  const share = await loadShare(sql, context, open.zone);
  const existing = share?.participants ?? [];
  const kept = new Set<string>();
  let position = existing.reduce((highest, row) => Math.max(highest, row.position), 0);
  for (const entry of given) {
    const input = parseBody(participantInputSchema, entry);
    const identity = identityOf(input);
    if (
      input.type === 'OWNER' ||
      identity.userName === open.zone.owner ||
      input.participantId?.startsWith('owner-') === true
    )
      continue;
    const known = existing.find((row) => matches(row, input, identity));
    if (known === undefined) {
      position += 1;
      const invited = await invite(batch, input, identity, position);
      kept.add(invited);
      if (identity.email !== undefined && share !== undefined) {
        afterCommit.push(invitationLetter(batch, identity.email, share.row.short_guid));
      }
    } else if (input.acceptanceStatus === 'REMOVED') {
      continue;
    } else {
      kept.add(known.participant_id);
      await changeParticipant(batch, known, input);
    }
  }
  await removeParticipants(
    batch,
    existing.filter((row) => !kept.has(row.participant_id)),
  );
}

interface GivenIdentity {
  readonly userName?: string | undefined;
  readonly email?: string | undefined;
}

function identityOf(input: ParticipantInput): GivenIdentity {
  const lookup = input.userIdentity?.lookupInfo;
  return {
    userName: input.userIdentity?.userRecordName ?? lookup?.userRecordName,
    email: lookup?.emailAddress?.trim().toLowerCase(),
  };
}

function matches(row: ParticipantRow, input: ParticipantInput, identity: GivenIdentity): boolean {
  if (input.participantId !== undefined) return row.participant_id === input.participantId;
  if (identity.userName !== undefined && row.user_name === identity.userName) return true;
  return identity.email !== undefined && (row.email === identity.email || row.user_email === identity.email);
}

async function invite(
  batch: RecordBatch,
  input: ParticipantInput,
  identity: GivenIdentity,
  position: number,
): Promise<string> {
  const { sql, context, open } = batch;
  const rights = wantedRights(input, undefined);
  requireGrantable(batch, rights);
  if (identity.userName === undefined && (identity.email === undefined || !isEmailAddress(identity.email))) {
    throw badRequest('a participant needs the e-mail address or the user record name of a person');
  }
  if (identity.userName !== undefined) {
    const known = await sql.get('SELECT id FROM users WHERE id = ? AND disabled_at IS NULL', [identity.userName]);
    if (known === undefined) throw badRequest('this participant is not known here');
  }
  // Who was removed from the array and comes back by id is a new invitation: nothing of the old one is revived.
  const participantID = randomUUID(context.services.random);
  await sql.run(
    `INSERT INTO participants (participant_id, zone_id, user_name, email, status, rights, invited_by, invited_at, position)
     VALUES (?, ?, ?, ?, 'INVITED', ?, ?, ?, ?)`,
    [
      participantID,
      open.zone.zone_id,
      identity.userName ?? null,
      identity.userName === undefined ? (identity.email ?? null) : null,
      rights.join(','),
      context.caller.userName,
      context.now,
      position,
    ],
  );
  await wakeInvited(batch, identity);
  return participantID;
}

async function wakeInvited(batch: RecordBatch, identity: GivenIdentity): Promise<void> {
  const { sql, context } = batch;
  const user =
    identity.userName ??
    (
      await sql.get<{ id: string }>('SELECT id FROM users WHERE email = ? AND email_verified = 1', [
        identity.email ?? '',
      ])
    )?.id;
  if (user !== undefined) await announceToPeople(sql, context, batch.open.zone, [user]);
}

async function changeParticipant(batch: RecordBatch, row: ParticipantRow, input: ParticipantInput): Promise<void> {
  const before = rightsOf(row.rights);
  const rights = wantedRights(input, before);
  requireGrantable(
    batch,
    rights.filter((right) => !before.includes(right)),
  );
  const again = input.acceptanceStatus === 'INVITED' || input.acceptanceStatus === 'PENDING';
  const reinvited = again && (row.status === 'DECLINED' || row.status === 'UNSUBSCRIBED' || row.status === 'REMOVED');
  if (!reinvited && rights.join(',') === row.rights) return;
  await batch.sql.run('UPDATE participants SET rights = ?, status = ? WHERE participant_id = ?', [
    rights.join(','),
    reinvited ? 'INVITED' : row.status,
    row.participant_id,
  ]);
  if (row.user_name !== null) await announceToPeople(batch.sql, batch.context, batch.open.zone, [row.user_name]);
}

/** Takes people out of a share, with the links they made and what they were sending; those who were in lose the zone with their next request. */
export async function removeParticipants(batch: RecordBatch, rows: readonly ParticipantRow[]): Promise<void> {
  if (rows.length === 0) return;
  const { sql, context, open } = batch;
  await sql.run('DELETE FROM participants WHERE participant_id IN (?*)', [rows.map((row) => row.participant_id)]);
  await endUploads(sql, open.zone, context.now);
  // Also of those who had left: they may have managed the share before.
  const makers = rows.flatMap((row) => row.user_name ?? []);
  await revokeLinksOf(sql, context, open.zone, makers);
  const users = rows.filter((row) => row.status === 'ACCEPTED').flatMap((row) => row.user_name ?? []);
  await hideZone(sql, context.realm.key, users, open.zone.zone_id, 'REMOVED');
  await announceToPeople(sql, context, open.zone, users);
}

/** Section 14.4: without `rights`, an unchanged permission keeps the stored rights, so a plain client changes nothing. */
function wantedRights(input: ParticipantInput, stored: readonly ShareRight[] | undefined): readonly ShareRight[] {
  const { permission } = input;
  if (permission !== undefined && permission !== 'READ_ONLY' && permission !== 'READ_WRITE') {
    throw badRequest('permission of a participant must be READ_ONLY or READ_WRITE');
  }
  if (input.rights !== undefined) {
    const rights = normaliseRights(input.rights);
    if (permission !== undefined && permissionOf(rights) !== permission)
      throw badRequest('rights contradict permission');
    return rights;
  }
  if (stored !== undefined && (permission === undefined || permissionOf(stored) === permission)) return stored;
  if (permission !== 'READ_WRITE') return [];
  return input.type === 'ADMINISTRATOR' ? ['ADD', 'EDIT', 'DELETE', 'MANAGE'] : ['ADD', 'EDIT', 'DELETE'];
}

function requireGrantable(batch: RecordBatch, rights: readonly ShareRight[]): void {
  if (grantable(batch.open.access, rights)) return;
  throw new CloudError('ACCESS_DENIED', 'nobody can give rights they do not have', { neededRight: rights[0] });
}

function invitationLetter(batch: RecordBatch, to: string, shortGUID: string): AfterCommit {
  const { services, caller } = batch.context;
  const letter = {
    subject: `${caller.name} shares photos with you`,
    text:
      `${caller.name} shares photos with you.\n\nOpen the invitation: ${services.origin}/share/${shortGUID}\n\n` +
      'Sign in with this e-mail address to accept or decline. If you do not know the sender, ignore this letter.\n',
  };
  return () =>
    services.letters.post({ kind: 'invitation', to, sender: caller.userName, write: () => Promise.resolve(letter) });
}
