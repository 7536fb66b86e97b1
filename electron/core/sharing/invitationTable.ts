import type { z } from 'zod';
import type { resolveResultSchema } from '../../../shared/cloud/wireShares.ts';
import type { Invitation } from '../../../shared/model/share.ts';
import { bitsToRights, presetOfRights, rightsToBits } from '../../../shared/shareRights.ts';
import type { SqlValue } from '../store/connection.ts';
import type { Store } from '../store/store.ts';
import { displayName, fieldsOf } from './shareRecords.ts';

/** What the owner offers, as the list of invitations shows it. */
interface Terms {
  readonly title: string;
  readonly owner_name: string | null;
  readonly owner_display: string | null;
  readonly owner_email: string | null;
  readonly rights: number;
  readonly photo_count: number | null;
  readonly departure_rule: string | null;
}

/** Waiting invitations as this computer last heard of them, newest first. */
export function readInvitations(store: Store): Invitation[] {
  return store.connection
    .statement<[], Terms & { short_guid: string; received_at: number }>(
      `SELECT short_guid, title, owner_name, owner_display, owner_email, rights, photo_count, departure_rule, received_at
       FROM invitation WHERE state = 'invited' ORDER BY received_at DESC, short_guid`,
    )
    .all()
    .map((row) => {
      const rights = bitsToRights(row.rights);
      return {
        shortGUID: row.short_guid,
        title: row.title,
        owner: { userName: row.owner_name, name: row.owner_display, email: row.owner_email },
        photos: row.photo_count,
        preset: presetOfRights(rights),
        rights,
        departureRule: row.departure_rule === 'GO' ? 'GO' : 'STAY',
        receivedAt: row.received_at,
      };
    });
}

/**
 * Makes the stored invitations those the server lists: an owner may change rights, title or rule of one that waits.
 * @returns whether any row changed, and those that were not known before
 */
export function storeInvitations(
  store: Store,
  answered: readonly z.infer<typeof resolveResultSchema>[],
  { server, at }: { readonly server: string; readonly at: number },
): { readonly changed: boolean; readonly arrived: readonly Terms[] } {
  const { connection } = store;
  const known = new Map(
    connection
      .statement<[], Terms & { short_guid: string }>(
        `SELECT short_guid, title, owner_name, owner_display, owner_email, rights, photo_count, departure_rule
         FROM invitation`,
      )
      .all()
      .map((row) => [row.short_guid, row]),
  );
  const listed = new Map<string, Terms>();
  for (const one of answered) if (one.shortGUID !== undefined) listed.set(one.shortGUID, termsOf(one));
  const gone = [...known.keys()].filter((id) => !listed.has(id));
  const arrived = [...listed].filter(([id]) => !known.has(id));
  const altered = [...listed].filter(([id, terms]) => {
    const before = known.get(id);
    return before !== undefined && !sameTerms(before, terms);
  });
  if (gone.length + arrived.length + altered.length === 0) return { changed: false, arrived: [] };
  store.transaction('app', () => {
    for (const id of gone) connection.statement<[string]>('DELETE FROM invitation WHERE short_guid = ?').run(id);
    for (const [id, terms] of [...arrived, ...altered]) {
      connection
        .statement<SqlValue[]>(
          `INSERT INTO invitation (short_guid, server, title, owner_name, owner_display, owner_email, rights, photo_count,
             departure_rule, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           ON CONFLICT (short_guid) DO UPDATE SET title = excluded.title, owner_name = excluded.owner_name,
             owner_display = excluded.owner_display, owner_email = excluded.owner_email, rights = excluded.rights,
             photo_count = excluded.photo_count, departure_rule = excluded.departure_rule`,
        )
        .run(
          id,
          server,
          terms.title,
          terms.owner_name,
          terms.owner_display,
          terms.owner_email,
          terms.rights,
          terms.photo_count,
          terms.departure_rule,
          at,
        );
    }
  });
  return { changed: true, arrived: arrived.map(([, terms]) => terms) };
}

function termsOf(one: z.infer<typeof resolveResultSchema>): Terms {
  const { title, photoCount } = fieldsOf(one.share ?? {});
  return {
    title: title ?? 'A share',
    owner_name: one.ownerIdentity?.userRecordName ?? null,
    owner_display: displayName(one.ownerIdentity),
    owner_email: one.ownerIdentity?.lookupInfo?.emailAddress ?? null,
    rights: rightsToBits(one.participantRights ?? []),
    photo_count: photoCount ?? null,
    departure_rule: one.share?.departureRule ?? null,
  };
}

const sameTerms = (before: Terms, now: Terms): boolean =>
  before.title === now.title &&
  before.owner_name === now.owner_name &&
  before.owner_display === now.owner_display &&
  before.owner_email === now.owner_email &&
  before.rights === now.rights &&
  before.photo_count === now.photo_count &&
  before.departure_rule === now.departure_rule;
