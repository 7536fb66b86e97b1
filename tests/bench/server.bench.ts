import { createHash, randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestPostgres } from '../helpers/embeddedPostgres.ts';
import { createWireClient, sendOver } from '../helpers/wireClient.ts';
import type { WireClient } from '../helpers/wireClient.ts';
import { serverFlags } from './serverFlags.ts';

/**
 * The figures of the server, one server process on loopback, the load on the same machine.
 * `npm run bench:server -- [--database sqlite|postgres|both] [--seconds 8] [--grow 1000000]`
 */
const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'both' },
    seconds: { type: 'string', default: '8' },
    grow: { type: 'string', default: '0' },
  },
});
const seconds = Number(values.seconds);
const batch = 200;
const print = (name: string, value: string, limit = ''): void =>
  console.log(`${name.padEnd(56)}${value.padStart(22)}  ${limit}`);

interface Process {
  readonly origin: string;
  readonly folder: string;
  readonly token: (email: string) => Promise<string>;
  readonly memory: () => Promise<number>;
  /** Processor seconds the server has used so far: a figure that a busy machine does not spoil. */
  readonly processor: () => Promise<number>;
  stop(): Promise<void>;
}

async function startProcess(flags: readonly string[]): Promise<Process> {
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-bench-'));
  const port = 20_000 + (process.pid % 20_000);
  const common = [
    ...serverFlags(),
    'server/main.ts',
    '--data',
    folder,
    '--log-level',
    'error',
    '--port',
    String(port),
    ...flags,
  ];
  const command = async (args: readonly string[], input = ''): Promise<string> => {
    const child = spawn(process.execPath, [...common, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(input);
    let text = '';
    child.stdout.on('data', (part) => (text += String(part)));
    await once(child, 'close');
    return text.trim();
  };
  const server = spawn(process.execPath, common, { stdio: ['ignore', 'ignore', 'pipe'] });
  await once(server.stderr, 'data');
  let peak = 0;
  const read = async (): Promise<number> => {
    const handle = await open(`/proc/${server.pid ?? 0}/status`);
    const text = await handle.readFile('utf8');
    await handle.close();
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024);
    return peak;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    folder,
    async token(email) {
      await command(['user', 'add', email, '--verified'], 'a long bench password\n');
      return command(['user', 'token', email]);
    },
    memory: read,
    async processor() {
      const handle = await open(`/proc/${server.pid ?? 0}/stat`);
      const fields = (await handle.readFile('utf8')).split(') ')[1]?.split(' ') ?? [];
      await handle.close();
      // User and system time, in ticks of 10 ms.
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async stop() {
      server.kill('SIGTERM');
      await once(server, 'close');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const photo = (name: string, index: number): unknown => ({
  operationType: 'create',
  record: {
    recordName: name,
    recordType: 'Photo',
    fields: {
      fileName: { value: `IMG_${index}.jpg` },
      title: { value: `A hill in the evening, number ${index}` },
      takenAt: { value: 1_700_000_000_000 + index, type: 'TIMESTAMP' },
      width: { value: 6000 },
      height: { value: 4000 },
      latitude: { value: 47.1 + index / 1e6, type: 'DOUBLE' },
      sha256: { value: createHash('sha256').update(name).digest('hex') },
      fieldStamps: { value: '{"title":"0mi3x8k2p-0001-a1b2c3","takenAt":"0mi3x8k2p-0002-a1b2c3"}' },
    },
  },
});

const bodies = (zoneName: string, count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, block) =>
    JSON.stringify({
      zoneID: { zoneName },
      operations: Array.from({ length: batch }, (_unused, index) =>
        photo(`${prefix}-${String(block * batch + index).padStart(9, '0')}`, block * batch + index),
      ),
      desiredKeys: [],
    }),
  );

async function makeZone(client: WireClient, zoneName: string): Promise<void> {
  await client.call('private', 'zones/modify', {
    operations: [{ operationType: 'create', zone: { zoneID: { zoneName } } }],
  });
}

async function rate(work: (round: number) => Promise<number>, inFlight: number, busy?: Process): Promise<number> {
  const used = await busy?.processor();
  const start = performance.now();
  const until = start + seconds * 1000;
  let done = 0;
  let round = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() < until) done += await work(round++);
    }),
  );
  const perSecond = done / ((performance.now() - start) / 1000);
  if (busy !== undefined && used !== undefined) {
    print('  per second of the server’s own processor time', (done / ((await busy.processor()) - used)).toFixed(0));
  }
  return perSecond;
}

async function percentile(samples: number[], share: number): Promise<number> {
  samples.sort((a, b) => a - b);
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? Number.NaN;
}

async function run(kind: 'sqlite' | 'postgres'): Promise<void> {
  const postgres = kind === 'postgres' ? await startTestPostgres() : undefined;
  const databaseURL = await postgres?.newDatabase();
  const process_ = await startProcess(databaseURL === undefined ? [] : ['--database-url', databaseURL]);
  try {
    const send = sendOver(process_.origin);
    const ana = createWireClient(send, await process_.token('ana@example.org'));
    const benToken = await process_.token('ben@example.org');
    const ben = createWireClient(send, benToken);
    console.log(`\n${kind}`);

    await makeZone(ana, 'bench');
    const prepared = bodies('bench', 40, 'w');
    let fresh = 0;
    const saved = await rate(
      async () => {
        const body = (prepared[fresh % prepared.length] ?? '').replaceAll(
          '"w-',
          `"w${Math.floor(fresh / prepared.length)}-`,
        );
        fresh += 1;
        const answer = await ana.call('private', 'records/modify', body);
        if (answer.status !== 200 || answer.body.records[0].serverErrorCode !== undefined)
          throw new Error(JSON.stringify(answer.body).slice(0, 300));
        return batch;
      },
      2,
      process_,
    );
    print(
      'records saved per second, batches of 200',
      saved.toFixed(0),
      kind === 'sqlite' ? 'asked: 6,000' : 'asked: 2,500',
    );

    let syncToken: string | undefined;
    const read = await rate(
      async () => {
        const page = (
          await ana.call('private', 'changes/zone', {
            zones: [{ zoneID: { zoneName: 'bench' }, ...(syncToken === undefined ? {} : { syncToken }) }],
          })
        ).body.zones[0];
        syncToken = page.moreComing ? page.syncToken : undefined;
        return page.records.length as number;
      },
      2,
      process_,
    );
    print(
      'records read per second through changes/zone',
      read.toFixed(0),
      kind === 'sqlite' ? 'asked: 20,000' : 'asked: 15,000',
    );

    await makeZone(ana, 'shared');
    const share = await ana.call('private', 'records/modify', {
      zoneID: { zoneName: 'shared' },
      operations: [
        {
          operationType: 'create',
          record: {
            recordName: 'cloudkit.zoneshare',
            recordType: 'cloudkit.share',
            publicPermission: 'READ_ONLY',
            fields: {},
          },
        },
      ],
    });
    await ben.call('public', 'records/accept', { shortGUIDs: [{ value: share.body.records[0].shortGUID }] });
    const stream = await fetch(`${process_.origin}/shoebox/1/iCloud.org.example.shoebox/development/events`, {
      headers: { authorization: `Bearer ${benToken}` },
    });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const delays: number[] = [];
    for (let index = 0; index < 200; index += 1) {
      const began = performance.now();
      const heard = (async () => {
        while (
          !Buffer.from((await reader.read()).value ?? [])
            .toString()
            .includes('event: push')
        );
        return performance.now() - began;
      })();
      await ana.call('private', 'records/modify', {
        zoneID: { zoneName: 'shared' },
        operations: [photo(`p${index}`, index)],
      });
      delays.push(await heard);
    }
    await reader.cancel();
    print(
      'push: from save sent to device told, p50 / p95',
      `${(await percentile(delays, 0.5)).toFixed(1)} / ${(await percentile(delays, 0.95)).toFixed(1)} ms`,
      'asked: p95 under 50 ms',
    );
    if (kind === 'sqlite') await assets(process_, ana);
    const grow = Number(values.grow);
    if (grow > 0) await growth(process_, ana, grow, await copierOf(process_.folder, databaseURL));
    print('memory of the server at its peak', `${(await process_.memory()).toFixed(0)} MB`, 'asked: under 300 MB');
  } finally {
    await process_.stop();
    await postgres?.stop();
  }
}

/** Downloads beside a bare Node server that pipes the same file. */
async function assets(process_: Process, ana: WireClient): Promise<void> {
  const size = 64 * 1024 * 1024;
  const bytes = randomBytes(size);
  const token = (
    await ana.call('private', 'assets/upload', {
      zoneID: { zoneName: 'bench' },
      tokens: [{ recordType: 'Photo', recordName: 'big', fieldName: 'data' }],
    })
  ).body.tokens[0];
  const began = performance.now();
  const { singleFile } = (await (
    await fetch(token.url as string, { method: 'POST', body: new Uint8Array(bytes) })
  ).json()) as { singleFile: unknown };
  print('asset upload (hash, fsync, rename)', `${(size / 1e6 / ((performance.now() - began) / 1000)).toFixed(0)} MB/s`);
  const saved = await ana.call('private', 'records/modify', {
    zoneID: { zoneName: 'bench' },
    operations: [
      {
        operationType: 'create',
        record: { recordName: 'big', recordType: 'Photo', fields: { data: { value: singleFile } } },
      },
    ],
  });
  const url = saved.body.records[0].fields.data.value.downloadURL as string;
  const file = join(process_.folder, 'plain.bin');
  await writeFile(file, bytes);
  const { size: fileSize } = await stat(file);
  // The plain server runs in a process of its own too, or it would share a thread with the load.
  const script = `const h=require('node:http'),f=require('node:fs');const s=h.createServer((q,r)=>{r.setHeader('content-length',${fileSize});f.createReadStream(${JSON.stringify(file)}).pipe(r)});s.listen(0,'127.0.0.1',()=>console.log(s.address().port))`;
  const plain = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = (await once(plain.stdout, 'data')) as [Buffer];
  const fetchAll = async (address: string): Promise<number> => {
    const response = await fetch(address);
    let received = 0;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) received += part.length;
    return received;
  };
  const ours = await rate(() => fetchAll(url), 2);
  const theirs = await rate(() => fetchAll(`http://127.0.0.1:${String(first).trim()}/`), 2);
  plain.kill();
  await once(plain, 'close');
  print(
    'asset download / plain file serving',
    `${(ours / 1e6).toFixed(0)} / ${(theirs / 1e6).toFixed(0)} MB/s`,
    `${((ours / theirs) * 100).toFixed(0)} %; asked: 70 %`,
  );
}

/** Processor time of the same operations on one zone of 100,000 records while the database around it grows. */
async function growth(process_: Process, ana: WireClient, target: number, copyZone: CopyZone): Promise<void> {
  const probe = async (): Promise<Record<string, number>> => {
    /** Server processor ms per operation: what the operation costs, whoever else uses the machine. */
    const timed = async (work: (round: number) => Promise<unknown>): Promise<number> => {
      const rounds = 120;
      const used = await process_.processor();
      for (let round = 0; round < rounds; round += 1) await work(round);
      return (((await process_.processor()) - used) * 1000) / rounds;
    };
    const zoneID = { zoneName: 'grow0' };
    const name = (round: number): string => `grow0-${String((round * 2377) % 100_000).padStart(9, '0')}`;
    return {
      'save 1': await timed((round) =>
        ana.call('private', 'records/modify', {
          zoneID,
          operations: [
            {
              operationType: 'forceUpdate',
              record: { recordName: name(round), fields: { title: { value: `${round}` } } },
            },
          ],
        }),
      ),
      'save 200': await timed((round) =>
        ana.call('private', 'records/modify', {
          zoneID,
          desiredKeys: [],
          operations: Array.from({ length: batch }, (_, index) => ({
            operationType: 'forceUpdate',
            record: { recordName: name(round * batch + index), fields: { width: { value: round } } },
          })),
        }),
      ),
      'lookup 200': await timed((round) =>
        ana.call('private', 'records/lookup', {
          zoneID,
          records: Array.from({ length: batch }, (_, index) => ({ recordName: name(round * batch + index) })),
        }),
      ),
      'changes/zone 200': await timed(() => ana.call('private', 'changes/zone', { zones: [{ zoneID }] })),
      'changes/database': await timed(() => ana.call('private', 'changes/database', {})),
      query: await timed(() =>
        ana.call('private', 'records/query', {
          zoneID,
          resultsLimit: 50,
          query: {
            recordType: 'Photo',
            filterBy: [{ fieldName: 'width', comparator: 'EQUALS', fieldValue: { value: 6000 } }],
          },
        }),
      ),
    };
  };
  const zoneSize = 100_000;
  await makeZone(ana, 'grow0');
  for (let block = 0; block < zoneSize / batch; block += 1) {
    const operations = Array.from({ length: batch }, (_, index) =>
      photo(`grow0-${String(block * batch + index).padStart(9, '0')}`, block * batch + index),
    );
    await ana.call('private', 'records/modify', { zoneID: { zoneName: 'grow0' }, desiredKeys: [], operations });
  }
  const report = (total: number, times: Record<string, number>, first: Record<string, number>): void => {
    for (const [operation, ms] of Object.entries(times)) {
      print(
        `at ${total.toLocaleString('en')}: ${operation}`,
        `${ms.toFixed(2)} ms`,
        `${(ms / (first[operation] ?? ms)).toFixed(2)} x of 100,000`,
      );
    }
  };
  await probe();
  const baseline = await probe();
  report(zoneSize, baseline, baseline);
  let total = zoneSize;
  for (let zone = 1; total < target; zone += 1) {
    await makeZone(ana, `grow${zone}`);
    await copyZone(`grow${zone}`);
    total += zoneSize;
    if (total === target || total === 1_000_000 || total === 3_000_000) report(total, await probe(), baseline);
  }
}

/** Fills a zone with the rows of the first, straight in the database: ten million saves over HTTP would only measure patience. */
type CopyZone = (zoneName: string) => Promise<void>;

const copyStatement = `INSERT INTO records SELECT (SELECT zone_id FROM zones WHERE name = ?), record_name, record_type, tag, seq, fields, parent,
  flags, deleted, created_at, created_by, created_device, modified_at, modified_by, modified_device
  FROM records WHERE zone_id = (SELECT zone_id FROM zones WHERE name = 'grow0')`;

async function copierOf(folder: string, databaseURL: string | undefined): Promise<CopyZone> {
  if (databaseURL === undefined) {
    const { default: BetterSqlite3 } = await import('better-sqlite3');
    return async (zoneName) => {
      const connection = new BetterSqlite3(join(folder, 'container.sqlite'), { timeout: 60_000 });
      connection.prepare(copyStatement).run(zoneName);
      connection.close();
    };
  }
  const { Client } = await import('pg');
  return async (zoneName) => {
    const client = new Client({ connectionString: databaseURL });
    await client.connect();
    await client.query(copyStatement.replace('?', '$1'), [zoneName]);
    await client.end();
  };
}

/** What this machine does without us, so that the figures above can be read elsewhere. */
async function rawLimits(): Promise<void> {
  console.log('raw limits of this machine');
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-raw-'));
  const file = await open(join(folder, 'sync'), 'w');
  const began = performance.now();
  let syncs = 0;
  while (performance.now() - began < 1000) {
    await file.write(Buffer.alloc(4096), 0, 4096, 0);
    await file.datasync();
    syncs += 1;
  }
  await file.close();
  await rm(folder, { recursive: true, force: true });
  print('4 KB writes with fdatasync per second', String(syncs));
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const send = sendOver(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const body = bodies('z', 1, 'x')[0] ?? '';
  const posts = await rate(async () => {
    await send({ method: 'POST', path: '/', headers: {}, body });
    return 1;
  }, 2);
  server.close();
  print('bare HTTP posts of such a batch per second', posts.toFixed(0), `${(body.length / 1024).toFixed(0)} KB each`);
}

await rawLimits();
if (values.database !== 'postgres') await run('sqlite');
if (values.database !== 'sqlite') await run('postgres');
