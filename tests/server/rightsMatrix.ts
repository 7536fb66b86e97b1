import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestPerson, TestServer } from '../helpers/testServer.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';
import type { Answer, Wire, WireClient } from '../helpers/wireClient.ts';

/**
 * Every role against every endpoint against every state of the object: what may be seen, what may be changed, and that
 * a refusal tells nothing. The marker is a text that only the zone's owner ever wrote: if it shows up in any answer to
 * somebody without access, something leaks.
 */
const marker = 'MARKER-only-for-people-who-may-see-it';

const roles = [
  'owner',
  'viewer',
  'contributor',
  'editor',
  'deleter',
  'manager',
  'invited',
  'declined',
  'left',
  'removed',
  'stranger',
  'disabled',
  'nobody',
] as const;
type Role = (typeof roles)[number];
const inside: readonly Role[] = ['owner', 'viewer', 'contributor', 'editor', 'deleter', 'manager'];
const rightsOf: Partial<Record<Role, readonly string[]>> = {
  viewer: [],
  contributor: ['ADD'],
  editor: ['ADD', 'EDIT'],
  deleter: ['ADD', 'EDIT', 'DELETE'],
  manager: ['ADD', 'EDIT', 'DELETE', 'MANAGE'],
  invited: ['ADD', 'EDIT', 'DELETE', 'MANAGE'],
  declined: ['ADD'],
  left: ['ADD', 'EDIT'],
  removed: ['ADD', 'EDIT', 'DELETE', 'MANAGE'],
};

const states = ['shared', 'ending', 'ended', 'stopped', 'deleted', 'remade'] as const;
type State = (typeof states)[number];

interface World {
  readonly clients: Readonly<Record<Role, WireClient>>;
  readonly people: Readonly<Record<Role, TestPerson | undefined>>;
  readonly zoneID: Wire;
  readonly shortGUID: string;
  readonly downloads: Readonly<Partial<Record<Role, string>>>;
  readonly linkGUID: string;
}

export function rightsMatrix(start: () => Promise<TestServer>): void {
  let server: TestServer;
  let worlds = 0;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  const call = async (
    client: WireClient,
    database: 'private' | 'shared' | 'public',
    action: string,
    body: Wire,
  ): Promise<Wire> => {
    const answer = await client.call(database, action, body);
    if (answer.status !== 200) throw new Error(`${action}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  async function makeWorld(state: State): Promise<World> {
    worlds += 1;
    const people: Partial<Record<Role, TestPerson | undefined>> = {};
    const clients: Partial<Record<Role, WireClient>> = {};
    for (const role of roles) {
      people[role] = role === 'nobody' ? undefined : await server.person(`${role}${worlds}`);
      clients[role] = createWireClient(sendOver(server.origin), people[role]?.token);
    }
    const all = clients as Record<Role, WireClient>;
    const owner = all.owner;
    const zoneID = { zoneName: `zone${worlds}`, ownerRecordName: people.owner?.userName };
    await call(owner, 'private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
    const upload = (
      await call(owner, 'private', 'assets/upload', {
        zoneID,
        tokens: [{ recordType: 'Photo', recordName: 'pic', fieldName: 'data' }],
      })
    ).tokens[0];
    const sent = await (
      await fetch(upload.url as string, { method: 'POST', body: `${marker} bytes ${worlds}` })
    ).json();
    await call(owner, 'private', 'records/modify', {
      zoneID,
      operations: [
        {
          operationType: 'create',
          record: {
            recordName: 'pic',
            recordType: 'Photo',
            fields: { title: { value: marker }, data: { value: sent.singleFile } },
          },
        },
      ],
    });
    const invited = roles.filter((role) => rightsOf[role] !== undefined);
    const share = (
      await call(owner, 'private', 'records/modify', {
        zoneID,
        operations: [
          {
            operationType: 'create',
            record: {
              recordName: 'cloudkit.zoneshare',
              recordType: 'cloudkit.share',
              fields: {},
              publicPermission: 'NONE',
              participants: invited.map((role) => ({
                rights: rightsOf[role],
                userIdentity: { lookupInfo: { emailAddress: people[role]?.email } },
              })),
            },
          },
        ],
      })
    ).records[0];
    const guid = { shortGUIDs: [{ value: share.shortGUID }] };
    for (const role of invited) {
      if (role === 'declined') await all[role].extension('invitations/decline', guid);
      else if (role !== 'invited') await call(all[role], 'public', 'records/accept', guid);
    }
    const downloads: Partial<Record<Role, string>> = {};
    for (const role of [...inside, 'left', 'removed'] as const) {
      const seen = (
        await call(all[role], role === 'owner' ? 'private' : 'shared', 'records/lookup', {
          zoneID,
          records: [{ recordName: 'pic' }],
        })
      ).records[0];
      downloads[role] = seen.fields.data.value.downloadURL as string;
    }
    const link = (
      await all.owner.extension('links/modify', {
        zoneID,
        operations: [{ operationType: 'create', link: { role: 'VIEWER', label: marker } }],
      })
    ).body.links[0];
    await call(all.left, 'shared', 'records/modify', {
      zoneID,
      operations: [{ operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare' } }],
    });
    const now = (
      await call(owner, 'private', 'records/lookup', { zoneID, records: [{ recordName: 'cloudkit.zoneshare' }] })
    ).records[0];
    const without = now.participants.filter(
      (one: Wire) => one.userIdentity?.userRecordName !== people.removed?.userName,
    );
    const change = (record: Wire): Promise<Wire> =>
      call(owner, 'private', 'records/modify', {
        zoneID,
        operations: [
          {
            operationType: 'forceUpdate',
            record: { recordName: 'cloudkit.zoneshare', recordType: 'cloudkit.share', ...record },
          },
        ],
      });
    await change({ participants: without });
    await server.container.services.database.write((sql) =>
      sql.run('UPDATE users SET disabled_at = 1 WHERE id = ?', [people.disabled?.userName ?? '']),
    );

    if (state === 'ending') await change({ endsAt: Date.now() + 3_600_000 });
    if (state === 'ended') await change({ endsAt: Date.now() - 1 });
    if (state === 'stopped')
      await call(owner, 'private', 'records/modify', {
        zoneID,
        operations: [{ operationType: 'forceDelete', record: { recordName: 'cloudkit.zoneshare' } }],
      });
    if (state === 'deleted' || state === 'remade')
      await call(owner, 'private', 'zones/modify', { operations: [{ operationType: 'delete', zone: { zoneID } }] });
    if (state === 'remade')
      await call(owner, 'private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
    return {
      clients: all,
      people: people as Record<Role, TestPerson | undefined>,
      zoneID,
      shortGUID: share.shortGUID as string,
      downloads,
      linkGUID: link.shortGUID as string,
    };
  }

  /** Everything that could show something of the zone, by both databases. */
  const reads = (world: World): { readonly name: string; readonly run: (client: WireClient) => Promise<Answer> }[] => {
    const { zoneID } = world;
    const both = (['private', 'shared'] as const).flatMap((database) => [
      {
        name: `${database} records/lookup`,
        run: (client: WireClient) =>
          client.call(database, 'records/lookup', {
            zoneID,
            records: [{ recordName: 'pic' }, { recordName: 'cloudkit.zoneshare' }],
          }),
      },
      {
        name: `${database} records/query`,
        run: (client: WireClient) => client.call(database, 'records/query', { zoneID, query: { recordType: 'Photo' } }),
      },
      {
        name: `${database} query zoneWide`,
        run: (client: WireClient) =>
          client.call(database, 'records/query', { zoneWide: true, query: { recordType: 'Photo' } }),
      },
      {
        name: `${database} changes/zone`,
        run: (client: WireClient) => client.call(database, 'changes/zone', { zones: [{ zoneID }] }),
      },
      {
        name: `${database} conflict`,
        run: (client: WireClient) =>
          client.call(database, 'records/modify', {
            zoneID,
            operations: [{ operationType: 'update', record: { recordName: 'pic', recordChangeTag: 'x', fields: {} } }],
          }),
      },
      {
        name: `${database} exists`,
        run: (client: WireClient) =>
          client.call(database, 'records/modify', {
            zoneID,
            operations: [{ operationType: 'create', record: { recordName: 'pic', recordType: 'Photo' } }],
          }),
      },
      {
        name: `${database} rereference`,
        run: (client: WireClient) =>
          client.call(database, 'assets/rereference', {
            zoneID,
            targetZoneID: { zoneName: 'home' },
            assets: [{ recordName: 'pic', fieldName: 'data' }],
          }),
      },
      {
        name: `${database} upload`,
        run: (client: WireClient) =>
          client.call(database, 'assets/upload', { zoneID, tokens: [{ recordType: 'Photo', fieldName: 'data' }] }),
      },
    ]);
    return [
      ...both,
      { name: 'links/list', run: (client) => client.extension('links/list', { zoneID }) },
      { name: 'requests/list', run: (client) => client.extension('requests/list', { zoneID }) },
    ];
  };

  const mayRead = (role: Role, state: State): boolean => {
    if (state === 'deleted' || state === 'remade') return false;
    if (role === 'owner') return true;
    return inside.includes(role) && (state === 'shared' || state === 'ending');
  };

  test.each(states)(
    '%s: nobody sees more than their place in the share lets them',
    { timeout: 240_000 },
    async (state) => {
      const world = await makeWorld(state);
      for (const role of roles) {
        const client = world.clients[role];
        for (const { name, run } of reads(world)) {
          const answer = await run(client);
          const text = JSON.stringify(answer.body);
          const where = `${role} ${name} in ${state}`;
          expect(answer.status, where).toBeLessThan(500);
          if (!mayRead(role, state)) {
            expect(text, where).not.toContain(marker);
            expect(text, where).not.toContain('"receipt"');
          }
          // One and the same answer for a zone that is hidden and one that never was.
          if (role === 'stranger' && !name.includes('zoneWide')) {
            const nowhere = { ...world, zoneID: { ...world.zoneID, zoneName: 'never-was' } };
            const other = await reads(nowhere)
              .find((one) => one.name === name)
              ?.run(client);
            const shape = (body: Wire): string =>
              JSON.stringify(body)
                .replaceAll(/"uuid":"[^"]+"/g, '')
                .replaceAll(/(never-was|zone\d+)/g, 'Z');
            expect(shape(answer.body), where).toBe(shape(other?.body));
          }
        }
        const address = world.downloads[role];
        if (address !== undefined) {
          expect((await fetch(address)).status, `${role} download in ${state}`).toBe(mayRead(role, state) ? 200 : 404);
        }
        const seen = await client.call('public', 'records/resolve', { shortGUIDs: [{ value: world.shortGUID }] });
        if (!mayRead(role, state) && role !== 'owner') expect(JSON.stringify(seen.body)).not.toContain(marker);
        const zones = await client.call('shared', 'zones/list', {});
        const listed = JSON.stringify(zones.body).includes(world.zoneID.zoneName as string);
        expect(listed, `${role} zones/list in ${state}`).toBe(role !== 'owner' && mayRead(role, state));
      }
    },
  );

  const acts = [
    {
      name: 'create',
      right: 'ADD',
      operation: (n: string): Wire => ({
        operationType: 'create',
        record: { recordName: `new-${n}`, recordType: 'Photo', fields: {} },
      }),
    },
    {
      name: 'forceUpdate new',
      right: 'ADD',
      operation: (n: string): Wire => ({
        operationType: 'forceUpdate',
        record: { recordName: `fu-${n}`, recordType: 'Photo', fields: {} },
      }),
    },
    {
      name: 'forceUpdate',
      right: 'EDIT',
      operation: (): Wire => ({
        operationType: 'forceUpdate',
        record: { recordName: 'pic', fields: { note: { value: 'x' } } },
      }),
    },
    {
      name: 'forceReplace',
      right: 'EDIT',
      operation: (): Wire => ({
        operationType: 'forceReplace',
        record: { recordName: 'pic', recordType: 'Photo', fields: { title: { value: marker } } },
      }),
    },
    {
      name: 'share record',
      right: 'MANAGE',
      operation: (): Wire => ({
        operationType: 'forceUpdate',
        record: {
          recordName: 'cloudkit.zoneshare',
          recordType: 'cloudkit.share',
          fields: { 'cloudkit.title': { value: 't' } },
        },
      }),
    },
    {
      name: 'forceDelete',
      right: 'DELETE',
      operation: (): Wire => ({ operationType: 'forceDelete', record: { recordName: 'pic' } }),
    },
  ] as const;

  test.each(states)('%s: nobody changes more than their rights let them', { timeout: 240_000 }, async (state) => {
    const world = await makeWorld(state);
    for (const act of acts) {
      const before = async (): Promise<string> => {
        const rows = await server.container.services.database.read((sql) =>
          sql.all(
            'SELECT r.record_name, r.tag, r.fields, r.deleted FROM records r JOIN zones z ON z.zone_id = r.zone_id WHERE z.owner = ? ORDER BY r.zone_id, r.record_name',
            [world.people.owner?.userName ?? ''],
          ),
        );
        return JSON.stringify(rows);
      };
      for (const role of [...roles].reverse()) {
        if (role === 'owner') continue;
        const allowed = state === 'shared' && inside.includes(role) && (rightsOf[role] ?? []).includes(act.right);
        for (const database of ['private', 'shared'] as const) {
          const snapshot = await before();
          const answer = await world.clients[role].call(database, 'records/modify', {
            zoneID: world.zoneID,
            operations: [act.operation(`${role}-${database}`)],
          });
          const refused = answer.status !== 200 || answer.body.records[0].serverErrorCode !== undefined;
          const where = `${role} ${act.name} through ${database} in ${state}`;
          if (allowed && database === 'shared')
            expect(answer.body.records?.[0]?.serverErrorCode ?? null, where).not.toBe('ACCESS_DENIED');
          else if (!(act.name === 'forceDelete' && answer.body.records?.[0]?.deleted === true))
            expect(refused, where).toBe(true);
          if (!(allowed && database === 'shared')) expect(await before(), where).toBe(snapshot);
        }
        const others = await Promise.all([
          world.clients[role].call('private', 'zones/modify', {
            operations: [{ operationType: 'delete', zone: { zoneID: world.zoneID } }],
          }),
          world.clients[role].call('shared', 'zones/modify', {
            operations: [{ operationType: 'delete', zone: { zoneID: world.zoneID } }],
          }),
        ]);
        for (const answer of others)
          expect(
            answer.status !== 200 || answer.body.zones[0].serverErrorCode !== undefined,
            `${role} deletes the zone`,
          ).toBe(true);
      }
    }
  });
}
