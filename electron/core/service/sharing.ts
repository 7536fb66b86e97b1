import { implement } from '@orpc/server';
import { contract } from '../../../shared/contract/contract.ts';
import type { Sharing } from '../sharing/sharing.ts';

/** The `sharing` slice. */
export function createSharingService(sharing: Sharing) {
  const os = implement(contract.sharing);
  const { shares, participants, links, invitations, activity, notAccepted, queries, tasks } = sharing;
  return {
    list: os.list.handler(() => queries.list()),
    get: os.get.handler(async ({ input }) => {
      if (input.links === 'server') await links.refresh(input.id);
      return queries.detail(input.id);
    }),
    plan: os.plan.handler(({ input }) => shares.plan(input.what, input.shareID)),
    create: os.create.handler(({ input }) => shares.create(input)),
    addTo: os.addTo.handler(({ input }) => shares.addTo(input.id, input.what)),
    addImported: os.addImported.handler(async ({ input }) => {
      await sharing.arrivals.expect(input.sessionID, input.id, input.albumID);
      return {};
    }),
    update: os.update.handler(({ input: { id, ...change } }) => shares.update(id, change)),
    stop: os.stop.handler(({ input: { id, ...options } }) => shares.stop(id, options)),
    leave: os.leave.handler(({ input }) => shares.leave(input.id, input.keepCopies)),
    copyToLibrary: os.copyToLibrary.handler(({ input }) => shares.copyToLibrary(input.photoIDs)),
    setNotifications: os.setNotifications.handler(({ input }) =>
      shares.setNotifications(input.id, input.notifications),
    ),
    markSeen: os.markSeen.handler(({ input }) => {
      shares.markSeen(input.id);
      return {};
    }),
    progress: os.progress.handler(() => [...tasks.running]),
    refresh: os.refresh.handler(async () => {
      await sharing.refresh();
      return {};
    }),

    lookUp: os.lookUp.handler(({ input }) => participants.lookUp(input.emails)),
    suggestPeople: os.suggestPeople.handler(({ input }) => participants.suggest(input.text, input.limit)),
    invite: os.invite.handler(({ input }) => participants.invite(input.id, input.people)),
    setRights: os.setRights.handler(({ input }) => participants.setRights(input.id, input.participantID, input.preset)),
    remove: os.remove.handler(async ({ input }) => {
      await participants.remove(input.id, input.participantID, input.revokeLinks);
      return {};
    }),
    resend: os.resend.handler(({ input }) => participants.resend(input.id, input.participantID)),

    createLink: os.createLink.handler(({ input: { id, ...options } }) => links.create(id, options)),
    updateLink: os.updateLink.handler(({ input: { id, linkID, ...change } }) =>
      links.update(id, linkID, Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))),
    ),
    revokeLink: os.revokeLink.handler(({ input }) => links.revoke(input.id, input.linkID, input.removePeople)),

    resolve: os.resolve.handler(({ input: { link, ...options } }) => invitations.resolve(link, options)),
    accept: os.accept.handler(({ input }) => invitations.accept(input.link, input.password)),
    acceptInvitation: os.acceptInvitation.handler(({ input }) => invitations.acceptInvitation(input.shortGUID)),
    declineInvitation: os.declineInvitation.handler(async ({ input }) => {
      await invitations.decline(input.shortGUID);
      return {};
    }),
    invitations: os.invitations.handler(() => invitations.list()),
    requestAccess: os.requestAccess.handler(async ({ input }) => {
      await invitations.requestAccess(input.link, input.message);
      return {};
    }),
    requests: os.requests.handler(({ input }) => queries.detail(input.id).accessRequests),
    answerRequest: os.answerRequest.handler(async ({ input }) => {
      await invitations.answerRequest(input.id, input.requestID, input.decision, input.preset);
      return {};
    }),

    activity: os.activity.handler(({ input }) => activity.list(input)),
    unseen: os.unseen.handler(() => activity.unseen()),
    markActivitySeen: os.markActivitySeen.handler(() => {
      activity.markSeen();
      return {};
    }),

    notAccepted: os.notAccepted.handler(() => notAccepted.list()),
    copyNotAccepted: os.copyNotAccepted.handler(async ({ input }) => ({ photoID: await notAccepted.copy(input.id) })),
    discardNotAccepted: os.discardNotAccepted.handler(({ input }) => {
      notAccepted.discard(input.id);
      return {};
    }),
  };
}
