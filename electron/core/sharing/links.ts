import { z } from 'zod';
import { linkAnswerSchema } from '../../../shared/cloud/wireShares.ts';
import { AppError } from '../../../shared/errors.ts';
import type { OpenPreset, Participant, ShareLinkInfo } from '../../../shared/model/share.ts';
import type { SqlValue } from '../store/connection.ts';
import type { Permissions } from './permissions.ts';
import type { ShareQueries } from './shareQueries.ts';
import { cloudZoneOf, successOf } from './shareServer.ts';
import { online, requireServer, type SharingDependencies } from './sharingContext.ts';

/** A link with who made it, which the store does not keep. */
const madeLinkSchema = linkAnswerSchema.extend({
  created: z.looseObject({ userRecordName: z.string().optional() }).optional(),
});
const linksAnswer = z.looseObject({
  links: z.array(z.union([madeLinkSchema, z.looseObject({ serverErrorCode: z.string() })])),
});
type LinkAnswer = z.infer<typeof madeLinkSchema>;

/** The server takes this many changes of links in one request. */
const operationsAtOnce = 50;

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
  { permissions, queries }: { readonly permissions: Permissions; readonly queries: ShareQueries },
): Links {
  const { store } = deps;

  const modifyAll = async (
    shareID: string,
    operations: readonly Readonly<Record<string, unknown>>[],
  ): Promise<LinkAnswer[]> => {
    const { cloud } = requireServer(deps);
    permissions.require(permissions.mayManage(shareID));
    const answer = linksAnswer.parse(
      await cloud.extension('links/modify', { zoneID: cloudZoneOf(queries.zone(shareID)), operations }),
    );
    const changed = operations.map((_, index) =>
      madeLinkSchema.parse(successOf(answer.links[index], 'The link could not be changed.')),
    );
    store.transaction('app', () => {
      for (const link of changed) save(shareID, link);
    });
    deps.onChange();
    return changed;
  };

  const modify = async (shareID: string, operation: Readonly<Record<string, unknown>>): Promise<LinkAnswer> => {
    const [link] = await modifyAll(shareID, [operation]);
    if (link === undefined) throw new AppError('serviceUnavailable', 'The server gave no answer about this link.');
    return link;
  };

  const fetchAll = async (shareID: string): Promise<LinkAnswer[]> => {
    const { cloud } = requireServer(deps);
    permissions.require(permissions.mayManage(shareID));
    const answer = linksAnswer.parse(
      await cloud.extension('links/list', { zoneID: cloudZoneOf(queries.zone(shareID)) }),
    );
    const links = answer.links.map((link) => madeLinkSchema.parse(link));
    store.transaction('app', () => {
      store.connection.statement<[string]>('DELETE FROM share_link WHERE zone_id = ?').run(shareID);
      for (const link of links) save(shareID, link);
    });
    return links;
  };

  const save = (shareID: string, link: LinkAnswer): void => {
    store.connection
      .statement<SqlValue[]>(
        `INSERT INTO share_link (id, zone_id, short_guid, role, label, expires_at, max_uses, use_count, has_password, state, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET role = excluded.role, label = excluded.label, expires_at = excluded.expires_at,
           max_uses = excluded.max_uses, use_count = excluded.use_count, has_password = excluded.has_password,
           state = excluded.state`,
      )
      .run(
        link.linkID,
        shareID,
        link.shortGUID,
        link.role,
        link.label ?? null,
        link.expiresAt ?? null,
        link.maxUses ?? null,
        link.useCount,
        link.hasPassword ? 1 : 0,
        link.state,
        deps.now(),
      );
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
