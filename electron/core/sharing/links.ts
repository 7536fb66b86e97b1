import { z } from 'zod';
import { linkAnswerSchema } from '../../../shared/cloud/wireShares.ts';
import { AppError } from '../../../shared/errors.ts';
import type { OpenPreset, ShareLinkInfo } from '../../../shared/model/share.ts';
import type { SqlValue } from '../store/connection.ts';
import type { Permissions } from './permissions.ts';
import type { ShareQueries } from './shareQueries.ts';
import { cloudZoneOf, successOf } from './shareServer.ts';
import { online, requireServer, type SharingDependencies } from './sharingContext.ts';

const linksAnswer = z.looseObject({
  links: z.array(z.union([linkAnswerSchema, z.looseObject({ serverErrorCode: z.string() })])),
});
type LinkAnswer = z.infer<typeof linkAnswerSchema>;

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
}

export function createLinks(
  deps: SharingDependencies,
  { permissions, queries }: { readonly permissions: Permissions; readonly queries: ShareQueries },
): Links {
  const { store } = deps;

  const modify = async (shareID: string, operation: Readonly<Record<string, unknown>>): Promise<LinkAnswer> => {
    const { cloud } = requireServer(deps);
    permissions.require(permissions.mayManage(shareID));
    const zone = queries.zone(shareID);
    const owner = zone.owner === '' ? {} : { ownerRecordName: zone.owner };
    const answer = linksAnswer.parse(
      await cloud.extension('links/modify', { zoneID: { zoneName: zone.name, ...owner }, operations: [operation] }),
    );
    const link = linkAnswerSchema.parse(successOf(answer.links[0], 'The link could not be changed.'));
    store.transaction('app', () => save(shareID, link));
    deps.onChange();
    return link;
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
        const { cloud } = requireServer(deps);
        permissions.require(permissions.mayManage(shareID));
        const answer = linksAnswer.parse(
          await cloud.extension('links/list', { zoneID: cloudZoneOf(queries.zone(shareID)) }),
        );
        store.transaction('app', () => {
          store.connection.statement<[string]>('DELETE FROM share_link WHERE zone_id = ?').run(shareID);
          for (const link of answer.links) save(shareID, linkAnswerSchema.parse(link));
        });
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
  };
}
