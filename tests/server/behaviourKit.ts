import { afterAll, beforeAll, expect } from 'vitest';
import type { TestPerson, TestServer } from '../helpers/testServer.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';
import type { Wire, WireClient } from '../helpers/wireClient.ts';

/** Somebody in a behaviour test, who can say anything on the wire. */
export interface Person extends WireClient, TestPerson {}

/**
 * What the behaviour tests speak with: a fresh server for the file, and people, zones and shares made in one line each.
 * Everybody met is new, so tests can share the server.
 */
// oxlint-disable-next-line typescript/explicit-function-return-type -- the kit's type is what it returns
export function createBehaviourKit(start: () => Promise<TestServer>) {
  let server: TestServer;
  let people = 0;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  const meet = async (name: string): Promise<Person> => {
    people += 1;
    const person = await server.person(`${name}${people}`);
    return { ...person, ...createWireClient(sendOver(server.origin), person.token) };
  };
  const ok = async (answer: Promise<{ status: number; body: Wire }>): Promise<Wire> => {
    const { status, body } = await answer;
    // Letters go out after the answer; tests that count them should not have to think of it.
    await server.container.services.letters.idle();
    expect({ status, body: status === 200 ? null : body }).toEqual({ status: 200, body: null });
    return body;
  };
  const makeZone = (owner: Person, zoneName: string): Promise<Wire> =>
    ok(
      owner.call('private', 'zones/modify', {
        operations: [{ operationType: 'create', zone: { zoneID: { zoneName } } }],
      }),
    );
  const save = async (
    person: Person,
    database: 'private' | 'shared',
    zoneID: Wire,
    operations: Wire[],
    extra: Wire = {},
  ): Promise<Wire[]> => (await ok(person.call(database, 'records/modify', { zoneID, operations, ...extra }))).records;
  const create = (recordName: string, fields: Wire = {}, recordType = 'Photo'): Wire => ({
    operationType: 'create',
    record: { recordName, recordType, fields },
  });
  const shareZone = async (owner: Person, zoneName: string, participants: Wire[], extra: Wire = {}): Promise<Wire> =>
    (
      await save(owner, 'private', { zoneName }, [
        {
          operationType: 'create',
          record: {
            recordType: 'cloudkit.share',
            recordName: 'cloudkit.zoneshare',
            fields: { 'cloudkit.title': { value: 'Trip' } },
            participants,
            publicPermission: 'NONE',
            ...extra,
          },
        },
      ])
    )[0];
  const invite = (person: Person, rights: string[]): Wire => ({
    type: 'USER',
    permission: rights.length === 0 ? 'READ_ONLY' : 'READ_WRITE',
    rights,
    userIdentity: { lookupInfo: { emailAddress: person.email } },
  });
  const accept = async (person: Person, shortGUID: string, more: Wire = {}): Promise<Wire> =>
    (await ok(person.call('public', 'records/accept', { shortGUIDs: [{ value: shortGUID, ...more }] }))).results[0];
  const shared = async (
    name: string,
    rights: string[],
  ): Promise<{ ana: Person; ben: Person; share: Wire; zoneID: Wire }> => {
    const ana = await meet('ana');
    const ben = await meet('ben');
    await makeZone(ana, name);
    await save(ana, 'private', { zoneName: name }, [create('hers', { title: { value: 'hill' } })]);
    const share = await shareZone(ana, name, [invite(ben, rights)]);
    await accept(ben, share.shortGUID);
    return { ana, ben, share, zoneID: { zoneName: name, ownerRecordName: ana.userName } };
  };
  const currentShare = async (ana: Person, zoneName: string): Promise<Wire> =>
    (
      await ok(
        ana.call('private', 'records/lookup', {
          zoneID: { zoneName },
          records: [{ recordName: 'cloudkit.zoneshare' }],
        }),
      )
    ).records[0];
  const upload = async (
    person: Person,
    database: 'private' | 'shared',
    zoneID: Wire,
    recordName: string,
    bytes: Buffer,
  ): Promise<Wire> => {
    const tokens = await ok(
      person.call(database, 'assets/upload', {
        zoneID,
        tokens: [{ recordType: 'Photo', recordName, fieldName: 'data' }],
      }),
    );
    const response = await fetch(tokens.tokens[0].url as string, { method: 'POST', body: new Uint8Array(bytes) });
    expect(response.status).toBe(200);
    return (await response.json()).singleFile;
  };

  return {
    get server() {
      return server;
    },
    get people() {
      return people;
    },
    nextPerson: () => (people += 1),
    meet,
    ok,
    makeZone,
    save,
    create,
    shareZone,
    invite,
    accept,
    shared,
    currentShare,
    upload,
  };
}
