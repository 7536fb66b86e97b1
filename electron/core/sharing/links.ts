import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { linkAnswerSchema } from '../../../shared/cloud/wireShares.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { OpenPreset, Participant, ShareLinkInfo } from '../../../shared/model/share.ts';
import type { Permissions } from './permissions.ts';
import { createRounds } from './rounds.ts';
import type { ShareQueries } from './shareQueries.ts';
import { cloudZoneOf, successOf } from './shareServer.ts';
import { online, readAccount, requireServer, type SharingDependencies } from './sharingContext.ts';

/** A link with when it was made, and by whom, which the store does not keep. */
const madeLinkSchema = linkAnswerSchema.extend({
  created: z.looseObject({ userRecordName: z.string().optional(), timestamp: z.number().optional() }).optional(),
});
const linksAnswer = z.looseObject({
  links: z.array(z.union([madeLinkSchema, z.looseObject({ serverErrorCode: z.string() })])),
});
type LinkAnswer = z.infer<typeof madeLinkSchema>;

/** The server takes this many changes of links in one request. */
const operationsAtOnce = 50;

/** Whoever looks at a share waits for its links no longer than this, ms: the stored ones are there all the same. */
const readingLimit = 10_000;

/** A link as the store has it, but for its share and when it was made. */
interface LinkRow {
  readonly id: string;
  readonly short_guid: string;
  readonly role: string;
  readonly label: string | null;
  readonly expires_at: number | null;
  readonly max_uses: number | null;
  readonly use_count: number;
  readonly has_password: number;
  readonly state: string;
}

export interface LinkOptions {
  readonly preset: OpenPreset;
  readonly expiresAt: number | null;
  readonly maxUses: number | null;
  readonly password: string | null;
  readonly label: string | null;
}

/** Link objects of a share: several, each with its preset, expiry, password and use limit. */
export interface Links {
  /** From the server, into the store. */
  list(shareID: string): Promise<ShareLinkInfo[]>;
  /**
   * Makes the stored links those the server has now, where I may manage: others make, use and revoke them too, and nothing
   * but asking tells of it. Never throws: without an answer, after a short while, they stay as they were last seen.
   */
  refresh(shareID: string): Promise<void>;
  /** The address holds the secret and is given this once; it is stored nowhere. */
  create(shareID: string, options: LinkOptions): Promise<{ link: ShareLinkInfo; url: string }>;
  update(shareID: string, linkID: string, change: Partial<LinkOptions>): Promise<ShareLinkInfo>;
  revoke(shareID: string, linkID: string, removePeople: boolean): Promise<ShareLinkInfo>;
  /**
   * Revokes what would let somebody back in: the link they came by, or every link when it is not known which they were
   * sent, and all that they made themselves.
   */
  revokeKnownTo(shareID: string, participant: Pick<Participant, 'joinedByLink' | 'person'>): Promise<void>;
}

export function createLinks(
  deps: SharingDependencies,
  {
    permissions,
    queries,
    isOver,
  }: {
    readonly permissions: Permissions;
    readonly queries: ShareQueries;
    /** True once the library is being closed. */
    readonly isOver: () => boolean;
  },
): Links {
  const { store } = deps;
  /** Grows when a change begins and when it ends: an answer from before a change knows nothing of it. */
  let changes = 0;
  const refreshing = new Map<string, () => Promise<void>>();

  const modifyAll = async (
    shareID: string,
    operations: readonly Readonly<Record<string, unknown>>[],
  ): Promise<LinkAnswer[]> => {
    const { cloud } = requireServer(deps);
    permissions.require(permissions.mayManage(shareID));
    changes += 1;
    try {
      const answer = linksAnswer.parse(
        await cloud.extension('links/modify', { zoneID: cloudZoneOf(queries.zone(shareID)), operations }),
      );
      const changed = operations.map((_, index) =>
        madeLinkSchema.parse(successOf(answer.links[index], 'The link could not be changed.')),
      );
      store.transaction('app', () => {
        for (const link of changed) save(shareID, link);
      });
      return changed;
    } finally {
      changes += 1;
      deps.onChange();
    }
  };

  const modify = async (shareID: string, operation: Readonly<Record<string, unknown>>): Promise<LinkAnswer> => {
    const [link] = await modifyAll(shareID, [operation]);
    if (link === undefined) throw new AppError('serviceUnavailable', 'The server gave no answer about this link.');
    return link;
  };

  const fetchAll = async (shareID: string, within?: number): Promise<LinkAnswer[]> => {
    const { cloud } = requireServer(deps);
    permissions.require(permissions.mayManage(shareID));
    const before = changes;
    const answer = linksAnswer.parse(
      await cloud.extension('links/list', { zoneID: cloudZoneOf(queries.zone(shareID)) }, within),
    );
    const links = answer.links.map((link) => madeLinkSchema.parse(link));
    // Whoever signed out meanwhile, or may manage no more, keeps nothing of it.
    if (isOver() || deps.cloud() !== cloud || !permissions.mayManage(shareID).allowed) return links;
    if (before === changes) keep(shareID, links);
    return links;
  };

  /** Writes nothing where nothing is new: whoever is told of a change asks again. */
  const keep = (shareID: string, links: readonly LinkAnswer[]): void => {
    const known = store.connection
      .statement<[string], LinkRow>(
        `SELECT id, short_guid, role, label, expires_at, max_uses, use_count, has_password, state FROM share_link
         WHERE zone_id = ? ORDER BY id`,
      )
      .all(shareID)
      .map((row) => ({ ...row }));
    const told = links.map(rowOf).toSorted((one, other) => (one.id < other.id ? -1 : 1));
    if (isDeepStrictEqual(known, told)) return;
    store.transaction('app', () => {
      store.connection
        .statement<[string, string]>(
          'DELETE FROM share_link WHERE zone_id = ? AND id NOT IN (SELECT value FROM json_each(?))',
        )
        .run(shareID, JSON.stringify(links.map(({ linkID }) => linkID)));
      for (const link of links) save(shareID, link);
    });
    deps.onChange();
  };

  const save = (shareID: string, link: LinkAnswer): void => {
    const { id, short_guid, role, label, expires_at, max_uses, use_count, has_password, state } = rowOf(link);
    store.connection
      .statement<(string | number | null)[]>(
        `INSERT INTO share_link (id, zone_id, short_guid, role, label, expires_at, max_uses, use_count, has_password, state, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET role = excluded.role, label = excluded.label, expires_at = excluded.expires_at,
           max_uses = excluded.max_uses, use_count = excluded.use_count, has_password = excluded.has_password,
           state = excluded.state`,
      )
      .run(
        id,
        shareID,
        short_guid,
        role,
        label,
        expires_at,
        max_uses,
        use_count,
        has_password,
        state,
        link.created?.timestamp ?? deps.now(),
      );
  };

  const readAgain = async (shareID: string): Promise<void> => {
    try {
      if (deps.cloud() === undefined || readAccount(store)?.signedIn !== true) return;
      if (permissions.mayManage(shareID).allowed) await fetchAll(shareID, readingLimit);
    } catch (error) {
      // Offline, or a share the server does not have yet or any more: what is known is shown.
      if (!isAppError(error) && !isOver()) deps.reportError(error);
    }
  };

  const stored = (shareID: string, linkID: string): ShareLinkInfo => {
    const found = queries.detail(shareID).links.find(({ id }) => id === linkID);
    if (found === undefined) throw new AppError('notFound', 'This link does not exist any more.', { linkID });
    return found;
  };

  return {
    list: (shareID) =>
      online('Reading links', async () => {
        await fetchAll(shareID);
        return queries.detail(shareID).links;
      }),

    refresh: (shareID) => {
      const known = refreshing.get(shareID);
      if (known !== undefined) return known();
      const asked = createRounds(() => readAgain(shareID), isOver);
      refreshing.set(shareID, asked);
      return asked();
    },

    create: (shareID, options) =>
      online('Making a link', async () => {
        const link = await modify(shareID, {
          operationType: 'create',
          link: {
            role: options.preset.toUpperCase(),
            ...(options.expiresAt === null ? {} : { expiresAt: options.expiresAt }),
            ...(options.maxUses === null ? {} : { maxUses: options.maxUses }),
            ...(options.password === null ? {} : { password: options.password }),
            ...(options.label === null ? {} : { label: options.label }),
          },
        });
        if (link.url === undefined)
          throw new AppError('serviceUnavailable', 'The server made the link but did not tell its address.');
        return { link: stored(shareID, link.linkID), url: link.url };
      }),

    update: (shareID, linkID, change) =>
      online('Changing a link', async () => {
        const { preset, ...rest } = change;
        await modify(shareID, {
          operationType: 'update',
          link: { linkID, ...rest, ...(preset === undefined ? {} : { role: preset.toUpperCase() }) },
        });
        return stored(shareID, linkID);
      }),

    revoke: (shareID, linkID, removePeople) =>
      online('Revoking a link', async () => {
        await modify(shareID, {
          operationType: 'revoke',
          link: { linkID, ...(removePeople ? { removeParticipants: true } : {}) },
        });
        deps.requestSync();
        return stored(shareID, linkID);
      }),

    revokeKnownTo: (shareID, { joinedByLink, person }) =>
      online('Revoking links', async () => {
        const known = (await fetchAll(shareID)).filter(
          ({ linkID, state, created }) =>
            // A used-up or expired link counts: whoever manages can widen it again.
            state !== 'REVOKED' &&
            (joinedByLink === null ||
              joinedByLink === linkID ||
              (person.userName !== null && person.userName === created?.userRecordName)),
        );
        for (let from = 0; from < known.length; from += operationsAtOnce) {
          const some = known.slice(from, from + operationsAtOnce);
          await modifyAll(
            shareID,
            some.map(({ linkID }) => ({ operationType: 'revoke', link: { linkID } })),
          );
        }
      }),
  };
}

function rowOf(link: LinkAnswer): LinkRow {
  return {
    id: link.linkID,
    short_guid: link.shortGUID,
    role: link.role,
    label: link.label ?? null,
    expires_at: link.expiresAt ?? null,
    max_uses: link.maxUses ?? null,
    use_count: link.useCount,
    has_password: link.hasPassword ? 1 : 0,
    state: link.state,
  };
}
