import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import type { TestPostgres } from '../helpers/embeddedPostgres.ts';
import { startTestS3 } from '../helpers/testS3.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';
import { freePort } from '../helpers/freePort.ts';
import { serverProcess } from './campaigns/killLoop.ts';
import type { ServerProcess } from './campaigns/killLoop.ts';

let postgres: TestPostgres;
let s3: Awaited<ReturnType<typeof startTestS3>>;
let folder: string;
let servers: ServerProcess[];
let proxy: Server;
let origin: string;

/** Each request to the next process; one that does not answer is passed over, as a load balancer does. */
function roundRobin(origins: readonly string[]): Server {
  let turn = 0;
  return createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const body = Buffer.concat(parts);
      const attempt = (left: number): void => {
        turn += 1;
        const target = new URL(incoming.url ?? '/', origins[turn % origins.length]);
        const forwarded = httpRequest(target, { method: incoming.method, headers: incoming.headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        forwarded.on('error', () => {
          if (outgoing.headersSent) outgoing.destroy();
          else if (left > 0) attempt(left - 1);
          else outgoing.writeHead(502).end();
        });
        forwarded.end(body);
      };
      attempt(2);
    });
  });
}

beforeAll(async () => {
  [postgres, s3, folder] = await Promise.all([
    startTestPostgres(),
    startTestS3(),
    mkdtemp(join(tmpdir(), 'shoebox-three-')),
  ]);
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  const flags = [
    '--database-url',
    await postgres.newDatabase(),
    '--s3-endpoint',
    s3.settings.endpoint,
    '--s3-bucket',
    s3.settings.bucket,
  ];
  process.env['SHOEBOX_S3_ACCESS_KEY'] = s3.settings.accessKey;
  process.env['SHOEBOX_S3_SECRET_KEY'] = s3.settings.secretKey;
  servers = [];
  for (let index = 0; index < 3; index += 1)
    servers.push(await serverProcess(join(folder, String(index)), flags, origin));
  // All three at once on an empty database: the migration lock lets exactly one of them set it up.
  await Promise.all(servers.map((server) => server.start()));
  proxy = roundRobin(servers.map((server) => server.origin)).listen(port, '127.0.0.1');
});
afterAll(async () => {
  proxy?.closeAllConnections();
  proxy?.close();
  await Promise.all((servers ?? []).map((server) => server.kill('SIGKILL')));
  await s3?.stop();
  await postgres?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

test(
  'three processes behind a proxy are one server, and go on when one is killed under load',
  { timeout: 240_000 },
  async () => {
    const [one] = servers;
    if (one === undefined) throw new Error('no server');
    const people: string[] = [];
    for (const name of ['ana', 'ben']) {
      await one.command(['user', 'add', `${name}@example.org`, '--name', name, '--verified'], 'a long test password\n');
      people.push(await one.command(['user', 'token', `${name}@example.org`]));
    }
    const send = sendOver(origin);
    const [ana, ben] = [createWireClient(send, people[0]), createWireClient(send, people[1])];
    const zoneID = { zoneName: 'busy' };
    await ana.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });
    const share = (
      await ana.call('private', 'records/modify', {
        zoneID,
        operations: [
          {
            operationType: 'create',
            record: {
              recordName: 'cloudkit.zoneshare',
              recordType: 'cloudkit.share',
              fields: {},
              publicPermission: 'READ_WRITE',
              publicRights: ['ADD'],
            },
          },
        ],
      })
    ).body.records[0];
    const accepted = await ben.call('public', 'records/accept', { shortGUIDs: [{ value: share.shortGUID }] });
    const owner = accepted.body.results[0].zoneID.ownerRecordName as string;

    // A push crosses from whichever process wrote to the one that holds the stream.
    const stream = await fetch(`${servers[2]?.origin ?? ''}/shoebox/1/iCloud.org.example.shoebox/development/events`, {
      headers: { authorization: `Bearer ${people[1] ?? ''}` },
    });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await createWireClient(sendOver(one.origin), people[0]).call('private', 'records/modify', {
      zoneID,
      operations: [{ operationType: 'create', record: { recordName: 'hello', recordType: 'Photo' } }],
    });
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toContain('event: push');
    await reader.cancel();

    // Chunks of one upload go to different processes.
    const token = (
      await ana.call('private', 'assets/upload', {
        zoneID,
        tokens: [{ recordType: 'Photo', recordName: 'big', fieldName: 'data' }],
      })
    ).body.tokens[0];
    const sent = (await (await fetch(token.url as string, { method: 'POST', body: 'through the proxy' })).json()) as {
      singleFile: unknown;
    };
    expect(
      (
        await ana.call('private', 'records/modify', {
          zoneID,
          operations: [
            {
              operationType: 'create',
              record: { recordName: 'big', recordType: 'Photo', fields: { data: { value: sent.singleFile } } },
            },
          ],
        })
      ).body.records[0].fields.data.value.size,
    ).toBe(17);

    const acknowledged = new Map<string, string>();
    let running = true;
    let failures = 0;
    const write = async (client: typeof ana, database: 'private' | 'shared', who: string): Promise<void> => {
      for (let round = 0; running; round += 1) {
        const recordName = `${who}-${round}`;
        try {
          const answer = await client.call(database, 'records/modify', {
            zoneID: { ...zoneID, ownerRecordName: owner },
            operations: [
              {
                operationType: 'forceUpdate',
                record: { recordName, recordType: 'Photo', fields: { n: { value: round } } },
              },
            ],
          });
          if (answer.status === 200) acknowledged.set(recordName, answer.body.records[0].recordChangeTag as string);
          else failures += 1;
        } catch {
          failures += 1;
        }
      }
    };
    const load = Promise.all([write(ana, 'private', 'a'), write(ana, 'private', 'b'), write(ben, 'shared', 'c')]);
    await expect.poll(() => acknowledged.size, { timeout: 90_000 }).toBeGreaterThan(60);
    await servers[1]?.kill('SIGKILL');
    const atKill = acknowledged.size;
    await expect.poll(() => acknowledged.size, { timeout: 90_000 }).toBeGreaterThan(atKill + 60);
    running = false;
    await load;

    const names = [...acknowledged.keys()];
    for (let from = 0; from < names.length; from += 200) {
      const { records } = (
        await ana.call('private', 'records/lookup', {
          zoneID,
          records: names.slice(from, from + 200).map((recordName) => ({ recordName })),
        })
      ).body;
      for (const record of records) expect(record.recordChangeTag).toBe(acknowledged.get(record.recordName as string));
    }
    const seen = new Set<string>();
    let syncToken: string | undefined;
    for (let more = true; more;) {
      const page = (
        await ben.call('shared', 'changes/zone', {
          zones: [{ zoneID: { ...zoneID, ownerRecordName: owner }, ...(syncToken === undefined ? {} : { syncToken }) }],
        })
      ).body.zones[0];
      for (const record of page.records) seen.add(record.recordName as string);
      syncToken = page.syncToken;
      more = page.moreComing;
    }
    expect(names.filter((name) => !seen.has(name))).toEqual([]);
    expect(failures).toBeLessThan(names.length);
  },
);
