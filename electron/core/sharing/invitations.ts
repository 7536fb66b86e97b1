import { z } from 'zod';
import { parseShareLink, type ShareLink } from '../../../shared/cloud/shareLink.ts';
import { resolveAnswerSchema, resolveResultSchema } from '../../../shared/cloud/wireShares.ts';
import { AppError, isAppError } from '../../../shared/errors.ts';
import type { Invitation, LinkResolution, Share, SharePreset, SharePreview } from '../../../shared/model/share.ts';
import { bitsToRights, presetOfRights, rightsOfPreset, rightsToBits } from '../../../shared/shareRights.ts';
import type { SqlValue } from '../store/connection.ts';
import { forgetManaged, requestsAnswer, storeRequests } from './accessRequestTable.ts';
import { readInvitations, storeInvitations } from './invitationTable.ts';
import type { ShareQueries } from './shareQueries.ts';
import { displayName, fieldsOf, type ShareRecords } from './shareRecords.ts';
import { cloudZoneOf, successOf } from './shareServer.ts';
import { online, readAccount, requireServer, type SharingAccount, type SharingDependencies } from './sharingContext.ts';

type ResolveResult = z.infer<typeof resolveResultSchema>;

const invitationsAnswer = z.looseObject({ invitations: z.array(resolveResultSchema) });
const declineAnswer = z.looseObject({
  results: z.array(z.looseObject({ serverErrorCode: z.string().optional(), reason: z.string().optional() })),
});
/** Links and invitations of other people: looking at them, accepting, declining, asking for access. */
export interface Invitations {
  resolve(
    text: string,
    options: { readonly allowServer: boolean; readonly password: string | null },
  ): Promise<LinkResolution>;
  accept(text: string, password: string | null): Promise<Share>;
  acceptInvitation(shortGUID: string): Promise<Share>;
  decline(shortGUID: string): Promise<void>;
  /** From this computer's memory. */
  list(): Invitation[];
  requestAccess(text: string, message: string): Promise<void>;
  answerRequest(shareID: string, requestID: string, decision: 'grant' | 'refuse', preset: SharePreset): Promise<void>;
  /** Asks the server for my invitations, and for requests to the shares I manage. */
  refresh(): Promise<void>;
}

export function createInvitations(
  deps: SharingDependencies,
  { queries, records }: { readonly queries: ShareQueries; readonly records: ShareRecords },
): Invitations {
  const { store, now } = deps;
  const { connection } = store;

  const knows = (origin: string): boolean =>
    readAccount(store)?.server === origin ||
    connection.statement<[string]>('SELECT 1 FROM known_server WHERE origin = ?').get(origin) !== undefined;

  const ask = async (path: 'records/resolve' | 'records/accept', link: ShareLink, password: string | null) => {
    const { cloud } = requireServer(deps);
    const answer = resolveAnswerSchema.parse(
      await cloud.extension(path, {
        shortGUIDs: [
          {
            value: link.shortGUID,
            ...(link.secret === undefined ? {} : { linkSecret: link.secret }),
            ...(password === null ? {} : { linkPassword: password }),
          },
        ],
      }),
    );
    const result = answer.results[0];
    if (result === undefined) throw new AppError('serviceUnavailable', 'The server gave no answer about this link.');
    return result;
  };

  const resolve: Invitations['resolve'] = async (text, { allowServer, password }) => {
    const link = parseShareLink(text);
    const server = hostOf(link.serverOrigin);
    const account = readAccount(store);
    if (!knows(link.serverOrigin)) {
      if (!allowServer) {
        return { outcome: 'consent', server, signedInTo: account === undefined ? null : hostOf(account.server) };
      }
      if (!(await deps.inspectServer(link.serverOrigin))) {
        throw new AppError('serverUnknown', `${server} is not a Shoebox server.`, { server });
      }
      store.transaction('app', () =>
        connection
          .statement<[string, number]>(
            'INSERT INTO known_server (origin, agreed_at) VALUES (?, ?) ON CONFLICT DO NOTHING',
          )
          .run(link.serverOrigin, now()),
      );
    }
    if (account !== undefined && account.server !== link.serverOrigin) {
      return { outcome: 'otherServer', server, signedInTo: hostOf(account.server) };
    }
    if (account === undefined || !account.signedIn) return { outcome: 'signIn', server, origin: link.serverOrigin };
    if (link.needsPassword && password === null) return { outcome: 'password', server, wrong: false };
    return online('Opening a link', async () =>
      toResolution(await ask('records/resolve', link, password), link, account),
    );
  };

  const toResolution = (result: ResolveResult, link: ShareLink, account: SharingAccount): LinkResolution => {
    const server = hostOf(link.serverOrigin);
    if (result.serverErrorCode !== undefined) {
      if (result.mayRequestAccess === true) {
        return {
          outcome: 'mayRequest',
          server,
          shortGUID: link.shortGUID,
          ownerName: textOf(result['ownerDisplayName']) ?? displayName(result.ownerIdentity),
        };
      }
      if (result.serverErrorCode === 'NOT_FOUND' && link.needsPassword)
        return { outcome: 'password', server, wrong: true };
      throw refusal(result, server);
    }
    if (result.participantStatus === 'ACCEPTED') {
      const { zoneID } = result;
      const owner = zoneID === undefined || zoneID.ownerRecordName === account.userName ? '' : zoneID.ownerRecordName;
      const zone = zoneID === undefined ? undefined : queries.zoneByServerName(owner, zoneID.zoneName);
      return { outcome: 'member', shareID: zone === undefined ? null : queries.get(zone.id).id };
    }
    return { outcome: 'preview', preview: toPreview(result, link, account) };
  };

  /** The zone appears here at once; its rows follow with the import. */
  const join = (result: ResolveResult, account: SharingAccount): Share => {
    const zoneID = result.zoneID;
    if (zoneID === undefined) throw new AppError('serviceUnavailable', 'The server accepted but did not say what.');
    const mine = zoneID.ownerRecordName === account.userName;
    const owner = mine ? '' : zoneID.ownerRecordName;
    const id = mine ? zoneID.zoneName : `${owner}:${zoneID.zoneName}`;
    store.transaction('app', () => {
      connection
        .statement<SqlValue[]>(
          `INSERT INTO zone (id, store, name, owner, kind, rights, created_at) VALUES (?, ?, ?, ?, 'share', ?, ?)
           ON CONFLICT (owner, name) DO UPDATE SET state = 'active', rights = excluded.rights`,
        )
        .run(
          id,
          mine ? 'private' : 'shared',
          zoneID.zoneName,
          owner,
          mine ? 15 : rightsToBits(result.participantRights ?? []),
          now(),
        );
      const zone = queries.zoneByServerName(owner, zoneID.zoneName);
      if (zone === undefined) throw new Error(`Zone ${id} was not made`);
      if (result.share !== undefined) records.apply(zone, result.share);
      if (result.shortGUID !== undefined) {
        connection.statement<[string]>('DELETE FROM invitation WHERE short_guid = ?').run(result.shortGUID);
      }
    });
    deps.onChange();
    deps.requestSync();
    const zone = queries.zoneByServerName(owner, zoneID.zoneName);
    return queries.get(zone?.id ?? id);
  };

  const acceptLink = (link: ShareLink, password: string | null) =>
    online('Accepting', async () => {
      const { account } = requireServer(deps);
      if (account.server !== link.serverOrigin) {
        throw new AppError(
          'serverUnknown',
          `This share lies on ${hostOf(link.serverOrigin)}; this library is signed in to ${hostOf(account.server)}.`,
        );
      }
      const result = await ask('records/accept', link, password);
      if (result.serverErrorCode !== undefined) throw refusal(result, hostOf(link.serverOrigin));
      return join(result, account);
    });

  return {
    resolve,
    accept: (text, password) => acceptLink(parseShareLink(text), password),
    acceptInvitation: (shortGUID) => {
      const { account } = requireServer(deps);
      return acceptLink({ serverOrigin: account.server, shortGUID, needsPassword: false }, null);
    },
    decline: (shortGUID) =>
      online('Declining', async () => {
        const { cloud } = requireServer(deps);
        const answer = declineAnswer.parse(
          await cloud.extension('invitations/decline', { shortGUIDs: [{ value: shortGUID }] }),
        );
        successOf(answer.results[0], 'The invitation could not be declined.');
        store.transaction('app', () =>
          connection.statement<[string]>('DELETE FROM invitation WHERE short_guid = ?').run(shortGUID),
        );
        deps.onChange();
      }),
    list: () => readInvitations(store),
    requestAccess: (text, message) =>
      online('Asking for access', async () => {
        const link = parseShareLink(text);
        const { cloud, account } = requireServer(deps);
        if (account.server !== link.serverOrigin)
          throw new AppError('serverUnknown', 'This share lies on another server.');
        await cloud.extension('requests/create', {
          shortGUID: link.shortGUID,
          ...(message.trim() === '' ? {} : { message: message.trim() }),
        });
      }),
    answerRequest: (shareID, requestID, decision, preset) =>
      online('Answering a request', async () => {
        const { cloud } = requireServer(deps);
        const answer = requestsAnswer.parse(
          await cloud.extension('requests/answer', {
            requests: [
              decision === 'grant'
                ? { requestID, decision: 'GRANT', rights: rightsOfPreset(preset) }
                : { requestID, decision: 'REFUSE' },
            ],
          }),
        );
        successOf(answer.requests[0], 'The request could not be answered.');
        store.transaction('app', () =>
          connection
            .statement<[string, string]>('DELETE FROM access_request WHERE id = ? AND zone_id = ?')
            .run(requestID, shareID),
        );
        deps.onChange();
        deps.requestSync();
      }),
    refresh: async () => {
      if (forgetManaged(store)) deps.onChange();
      const { cloud, account } = requireServer(deps);
      const answer = invitationsAnswer.parse(await cloud.extension('invitations/list', {}));
      const stored = storeInvitations(store, answer.invitations, { server: account.server, at: now() });
      for (const { owner_display, title } of stored.arrived) {
        deps.notify({ title: `${owner_display ?? 'Somebody'} invites you`, body: `To “${title}”.` });
      }
      let { changed } = stored;
      for (const share of queries.list()) {
        if (!share.rights.includes('MANAGE') || share.state === 'ending' || share.state === 'stopping') continue;
        if (await refreshRequests(share.id)) changed = true;
      }
      if (changed) deps.onChange();
    },
  };

  /** A share that has just ended, or where I may manage no more, has no requests: the import is about to say so. */
  async function refreshRequests(shareID: string): Promise<boolean> {
    try {
      const { requests } = requestsAnswer.parse(
        await requireServer(deps).cloud.extension('requests/list', { zoneID: cloudZoneOf(queries.zone(shareID)) }),
      );
      return storeRequests(store, shareID, requests, now());
    } catch (error) {
      if (isAppError(error) && ['unknownItem', 'zoneNotFound', 'permissionFailure', 'notFound'].includes(error.code)) {
        return false;
      }
      throw error;
    }
  }
}

function toPreview(result: ResolveResult, link: ShareLink, account: SharingAccount): SharePreview {
  const rights = bitsToRights(rightsToBits(result.participantRights ?? []));
  const { title, photoCount, thumbnail } = fieldsOf(result.share ?? {});
  const name = account.name ?? account.email;
  return {
    shortGUID: link.shortGUID,
    server: hostOf(link.serverOrigin),
    title: title ?? 'Untitled share',
    owner: {
      userName: result.ownerIdentity?.userRecordName ?? null,
      name: displayName(result.ownerIdentity),
      email: result.ownerIdentity?.lookupInfo?.emailAddress ?? null,
    },
    photos: photoCount ?? null,
    cover: thumbnail ?? null,
    preset: presetOfRights(rights),
    rights,
    departureRule: result.share?.departureRule === 'GO' ? 'GO' : 'STAY',
    endsAt: result.share?.endsAt ?? null,
    people: result.share?.participants.filter((one) => one.acceptanceStatus === 'ACCEPTED').length ?? 0,
    account: account.email,
    othersWillSee: [
      `Your name, ${name}, and your e-mail address, ${account.email}`,
      'Photos you add, and your edits, tags, ratings and comments on photos of this share',
    ],
  };
}

/** One sentence per way a link can be useless; the server tells revoked, expired and unknown ones alike on purpose. */
function refusal(result: ResolveResult, server: string): AppError {
  switch (result.serverErrorCode) {
    case 'NOT_FOUND':
      return new AppError('notFound', `${server} knows no share under this link, or the link can no longer be used.`);
    case 'ACCESS_DENIED':
      return new AppError('permissionFailure', 'This link is for invited people, and your account is not among them.');
    case 'THROTTLED':
      return new AppError('requestRateLimited', 'Too many tries. Wait a few minutes before you open a link again.');
    default:
      return new AppError(
        'serverRejected',
        `${server} did not open this link: ${result.reason ?? 'it gave no reason'}.`,
      );
  }
}

/** Host and port as a person reads them; punycode where the name is not plain ASCII. */
function hostOf(origin: string): string {
  return new URL(origin).host;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
