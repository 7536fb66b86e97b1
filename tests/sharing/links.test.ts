import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseShareLink } from '../../shared/cloud/shareLink.ts';
import { createSharingWorld, type Person, type SharingWorld } from '../helpers/sharingWorld.ts';

let world: SharingWorld;
let ana: Person;
let ben: Person;
let shareID: string;

beforeEach(async () => {
  world = await createSharingWorld();
  ana = await world.person('Ana');
  ben = await world.person('Ben');
  const made = await ana.sharing.shares.create({
    title: 'Crete',
    what: { photoIDs: [ana.photo('first')], albumID: null },
    people: [],
    publicPreset: null,
    departureRule: 'STAY',
  });
  shareID = made.shareID;
  await ana.sync();
});
afterEach(async () => world.dispose());

const options = { preset: 'viewer' as const, expiresAt: null, maxUses: null, password: null, label: null };
const open = (person: Person, link: string, password: string | null = null) =>
  person.sharing.invitations.resolve(link, { allowServer: false, password });

describe('share links', () => {
  it('a link shows a preview that changes nothing, and joins with its preset', async () => {
    const { url, link } = await ana.sharing.links.create(shareID, {
      ...options,
      preset: 'contributor',
      label: 'Family',
    });
    expect(link).toMatchObject({ preset: 'contributor', state: 'active', label: 'Family', uses: 0 });
    const before = ana.sharing.queries.participants(shareID).length;
    const seen = await open(ben, url);
    expect(seen).toMatchObject({
      outcome: 'preview',
      preview: { title: 'Crete', photos: 1, preset: 'contributor', owner: { name: 'Ana' }, account: 'ben@example.org' },
    });
    await ana.sync();
    expect(ana.sharing.queries.participants(shareID)).toHaveLength(before);
    const joined = await ben.sharing.invitations.accept(url, null);
    expect(joined).toMatchObject({ title: 'Crete', preset: 'contributor', mine: false });
    await ben.sync();
    expect(ben.titles(joined.id)).toEqual(['first']);
    expect((await ana.sharing.links.list(shareID))[0]).toMatchObject({ uses: 1 });
    expect(await open(ben, url)).toEqual({ outcome: 'member', shareID: joined.id });
  });

  it('somebody who wants to be found is found by their address, and an unknown address is nobody', async () => {
    await world.server.services.database.write((sql) => sql.run(`UPDATE users SET discoverable = 1 WHERE id = '_ben'`));
    expect(await ana.sharing.participants.lookUp(['ben@example.org', 'nobody@example.org'])).toEqual([
      { email: 'ben@example.org', person: { userName: '_ben', name: 'Ben', email: 'ben@example.org' } },
      { email: 'nobody@example.org', person: null },
    ]);
  });

  it('the same link as a shoebox: address opens the same preview', async () => {
    const { url } = await ana.sharing.links.create(shareID, options);
    expect(await open(ben, `shoebox://share?link=${encodeURIComponent(url)}`)).toMatchObject({ outcome: 'preview' });
  });

  it('a used-up, an expired, a revoked and an unknown link are told alike', async () => {
    const cem = await world.person('Cem');
    const once = await ana.sharing.links.create(shareID, { ...options, maxUses: 1 });
    await ben.sharing.invitations.accept(once.url, null);
    const short = await ana.sharing.links.create(shareID, { ...options, expiresAt: world.now() + 60_000 });
    const revoked = await ana.sharing.links.create(shareID, options);
    expect(await ana.sharing.links.revoke(shareID, revoked.link.id, false)).toMatchObject({ state: 'revoked' });
    world.skip(120_000);
    const unknown = `${world.origin}/share/AAAAAAAAAAAAAAAAAAAAAAAA#k=${'B'.repeat(43)}`;
    const said = await Promise.all(
      [once.url, short.url, revoked.url, unknown].map((url) =>
        open(cem, url).then(
          () => 'opened',
          (error: Error) => error.message,
        ),
      ),
    );
    expect(new Set(said)).toEqual(
      new Set(['localhost:8787 knows no share under this link, or the link can no longer be used.']),
    );
    expect(cem.errors).toEqual([]);
  });

  it('a link with a password asks for it first, and says when it is wrong', async () => {
    const { url } = await ana.sharing.links.create(shareID, { ...options, password: 'olive oil' });
    const sent = world.requests.length;
    expect(await open(ben, url)).toEqual({ outcome: 'password', server: 'localhost:8787', wrong: false });
    expect(world.requests).toHaveLength(sent);
    expect(await open(ben, url, 'vinegar')).toMatchObject({ outcome: 'password', wrong: true });
    expect(await open(ben, url, 'olive oil')).toMatchObject({ outcome: 'preview' });
    expect((await ben.sharing.invitations.accept(url, 'olive oil')).title).toBe('Crete');
  });

  it('the private link of a share opens for nobody uninvited; who asks for access is let in by the owner', async () => {
    const link = ana.sharing.queries.get(shareID).link ?? '';
    expect(await open(ben, link)).toMatchObject({ outcome: 'mayRequest', ownerName: 'Ana' });
    await ben.sharing.invitations.requestAccess(link, 'It is me, Ben');
    await ana.sync();
    const [request] = ana.sharing.queries.detail(shareID).accessRequests;
    expect(request).toMatchObject({ person: { name: 'Ben', email: 'ben@example.org' }, message: 'It is me, Ben' });
    expect(ana.sharing.activity.unseen().requests).toBe(1);
    await ana.sharing.invitations.answerRequest(shareID, request?.id ?? '', 'grant', 'editor');
    await ben.sync();
    expect(ben.sharing.invitations.list()).toMatchObject([{ title: 'Crete', preset: 'editor' }]);
  });

  it('with access requests denied the link leads nowhere', async () => {
    await ana.sharing.shares.update(shareID, { denyAccessRequests: true, removePublicPeople: false });
    await expect(open(ben, ana.sharing.queries.get(shareID).link ?? '')).rejects.toMatchObject({
      code: 'permissionFailure',
    });
  });

  it('a public share lets anybody signed in join; made private again it keeps them unless the owner says otherwise', async () => {
    await ana.sharing.shares.update(shareID, { publicPreset: 'contributor', removePublicPeople: false });
    const link = ana.sharing.queries.get(shareID).link ?? '';
    const joined = await ben.sharing.invitations.accept(link, null);
    expect(joined.preset).toBe('contributor');
    await ana.sharing.shares.update(shareID, { publicPreset: null, removePublicPeople: false });
    await ben.sync();
    expect(ben.sharing.queries.list()).toHaveLength(1);
    await ana.sharing.shares.update(shareID, { publicPreset: 'viewer', removePublicPeople: false });
    await ana.sharing.shares.update(shareID, { publicPreset: null, removePublicPeople: true });
    await ben.sync();
    expect(ben.sharing.queries.list()).toEqual([]);
  });

  it('removing somebody can revoke the link they came by, and leaves the others alone', async () => {
    const theirs = await ana.sharing.links.create(shareID, options);
    const other = await ana.sharing.links.create(shareID, options);
    await ben.sharing.invitations.accept(theirs.url, null);
    await ana.sync();
    const participant = ana.sharing.queries.participants(shareID).find(({ isOwner }) => !isOwner);
    expect(participant?.joinedByLink).toBe(theirs.link.id);
    await ana.sharing.participants.remove(shareID, participant?.id ?? '', true);
    const states = new Map((await ana.sharing.links.list(shareID)).map(({ id, state }) => [id, state]));
    expect(states.get(theirs.link.id)).toBe('revoked');
    expect(states.get(other.link.id)).toBe('active');
  });

  it('an unknown server is asked nothing before consent, and never gets a token', async () => {
    const link = `https://photos.elsewhere.example/share/${'A'.repeat(24)}#k=${'B'.repeat(43)}`;
    const sent = world.requests.length;
    expect(await open(ben, link)).toEqual({
      outcome: 'consent',
      server: 'photos.elsewhere.example',
      signedInTo: 'localhost:8787',
    });
    expect(world.requests).toHaveLength(sent);
    expect(await ben.sharing.invitations.resolve(link, { allowServer: true, password: null })).toEqual({
      outcome: 'otherServer',
      server: 'photos.elsewhere.example',
      signedInTo: 'localhost:8787',
    });
    await expect(ben.sharing.invitations.accept(link, null)).rejects.toMatchObject({ code: 'serverUnknown' });
    expect(world.requests.filter((request) => request.includes('elsewhere'))).toEqual([]);
  });

  it('the secret of a link is in no URL, no header, no table and no message', async () => {
    const { url } = await ana.sharing.links.create(shareID, options);
    const secret = parseShareLink(url).secret ?? '';
    expect(secret.length).toBeGreaterThanOrEqual(43);
    await open(ben, url);
    await ben.sharing.invitations.accept(url, null);
    await ana.sharing.links.list(shareID);
    const withSecret = world.requests.filter((request) => request.includes(secret));
    expect(withSecret).toHaveLength(2);
    for (const request of withSecret) expect(request.indexOf(secret)).toBeGreaterThan(request.indexOf('} {'));
    for (const person of [ana, ben]) {
      const tables = person.rows<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`);
      for (const { name } of tables) {
        const dump = JSON.stringify(
          person
            .rows(`SELECT * FROM "${name}"`)
            .map((row) => Object.values(row).filter((value) => typeof value === 'string')),
        );
        expect(dump.includes(secret) ? name : '').toBe('');
      }
    }
  });

  it.each([
    ['nonsense', 'hello'],
    ['another path', 'https://photos.example/album/AAAAAAAAAAAAAAAAAAAAAAAA'],
    ['plain http elsewhere', `http://photos.example/share/${'A'.repeat(24)}`],
    ['a name and password', `https://a:b@photos.example/share/${'A'.repeat(24)}`],
    ['a right-to-left mark', `https://photos.example/share/${'A'.repeat(24)}\u202e`],
    ['another verb of the scheme', 'shoebox://open?file=/etc/passwd'],
    ['3 KB', `https://photos.example/share/${'A'.repeat(3_000)}`],
  ])('%s is refused with one sentence and no request', async (_name, text) => {
    const sent = world.requests.length;
    await expect(open(ben, text)).rejects.toMatchObject({ code: 'invalidInput' });
    expect(world.requests).toHaveLength(sent);
  });
});
