import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Wire } from '../../helpers/wireClient.ts';
import { createWireClient, sendOver } from '../../helpers/wireClient.ts';
import { createRandom } from './fuzz.ts';
import { freePort } from '../../helpers/freePort.ts';

export interface KillReport {
  readonly kills: number;
  readonly acknowledgedRecords: number;
  readonly acknowledgedAssets: number;
  /** What was acknowledged and is not there any more, or is not what it was. */
  readonly losses: readonly string[];
}

/** A server process on a fixed port, so that it can be killed and started again where its clients look for it. */
export interface ServerProcess {
  readonly origin: string;
  start(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
  command(args: readonly string[], input?: string): Promise<string>;
}

export async function serverProcess(
  folder: string,
  flags: readonly string[] = [],
  publicURL?: string,
): Promise<ServerProcess> {
  const port = await freePort();
  const common = [
    'server/main.ts',
    '--data',
    folder,
    '--port',
    String(port),
    '--log-level',
    'error',
    ...(publicURL === undefined ? [] : ['--public-url', publicURL]),
    ...flags,
  ];
  let child: ChildProcess | undefined;
  return {
    origin: `http://127.0.0.1:${port}`,
    async start() {
      const started = spawn(process.execPath, common, { stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      let text = '';
      for await (const part of started.stderr) {
        text += String(part);
        if (text.includes('Shoebox server on')) return;
      }
      throw new Error(`the server did not start: ${text}`);
    },
    async kill(signal) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
    async command(args, input = '') {
      const run = spawn(process.execPath, [...common, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
      run.stdin.end(input);
      let text = '';
      let complaint = '';
      run.stdout.on('data', (part) => (text += String(part)));
      run.stderr.on('data', (part) => (complaint += String(part)));
      const [code] = (await once(run, 'close')) as [number];
      if (code !== 0) throw new Error(`${args.join(' ')}: ${complaint}`);
      return text.trim();
    },
  };
}

/**
 * Kills a server with SIGKILL again and again while several writers save records and assets, and compares what was
 * acknowledged with what is there afterwards.
 * @param databaseURL PostgreSQL, or undefined for SQLite
 */
export async function killLoop(options: {
  readonly kills: number;
  readonly seed: number;
  readonly databaseURL?: string | undefined;
  readonly progress?: (kills: number) => void;
}): Promise<KillReport> {
  const random = createRandom(options.seed);
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-kill-'));
  const server = await serverProcess(
    folder,
    options.databaseURL === undefined ? [] : ['--database-url', options.databaseURL],
  );
  const tags = new Map<string, string>();
  const assets = new Map<string, string>();
  const losses: string[] = [];
  let stopped = false;
  await server.command(['user', 'add', 'ana@example.org', '--verified'], 'a long test password\n');
  const token = await server.command(['user', 'token', 'ana@example.org']);
  await server.start();
  const client = createWireClient(sendOver(server.origin), token);
  const zoneID = { zoneName: 'kill' };
  await client.call('private', 'zones/modify', { operations: [{ operationType: 'create', zone: { zoneID } }] });

  let acknowledged = 0;
  let round = 0;
  const writer = async (writerID: number): Promise<void> => {
    for (; !stopped; round += 1) {
      const mine = round;
      const names = Array.from({ length: 5 }, (_, index) => `w${writerID}-${(mine * 5 + index) % 400}`);
      try {
        let asset: Wire;
        const bytes = `asset ${writerID} ${mine}`;
        if (mine % 7 === 0) {
          const granted = await client.call('private', 'assets/upload', {
            zoneID,
            tokens: [{ recordType: 'Photo', recordName: names[0], fieldName: 'data' }],
          });
          asset = (await (await fetch(granted.body.tokens[0].url as string, { method: 'POST', body: bytes })).json())
            .singleFile;
        }
        const answer = await client.call('private', 'records/modify', {
          zoneID,
          operations: names.map((recordName, index) => ({
            operationType: 'forceReplace',
            record: {
              recordName,
              recordType: 'Photo',
              fields: {
                n: { value: round },
                ...(index === 0 && asset !== undefined ? { data: { value: asset } } : {}),
              },
            },
          })),
        });
        if (answer.status !== 200) continue;
        acknowledged += 1;
        for (const record of answer.body.records) {
          if (record.serverErrorCode !== undefined) losses.push(`refused: ${JSON.stringify(record)}`);
          tags.set(record.recordName as string, record.recordChangeTag as string);
          assets.delete(record.recordName as string);
        }
        if (asset !== undefined) assets.set(names[0] ?? '', createHash('sha256').update(bytes).digest('base64'));
      } catch {
        // The server is being killed: this write may or may not have happened, so whatever is there is right.
        for (const name of names) {
          tags.delete(name);
          assets.delete(name);
        }
        return;
      }
    }
  };

  let acknowledgedRecords = 0;
  let acknowledgedAssets = 0;
  const verify = async (): Promise<void> => {
    const names = [...tags.keys()];
    for (let from = 0; from < names.length; from += 200) {
      const some = names.slice(from, from + 200);
      const answer = await client.call('private', 'records/lookup', {
        zoneID,
        records: some.map((recordName) => ({ recordName })),
      });
      for (const record of answer.body.records) {
        acknowledgedRecords += 1;
        if (record.recordChangeTag !== tags.get(record.recordName as string))
          losses.push(
            `${record.recordName}: acknowledged ${tags.get(record.recordName as string)}, found ${record.recordChangeTag ?? record.serverErrorCode}`,
          );
        const digest = assets.get(record.recordName as string);
        if (digest === undefined) continue;
        acknowledgedAssets += 1;
        const response = await fetch(record.fields.data.value.downloadURL as string);
        const found = createHash('sha256')
          .update(Buffer.from(await response.arrayBuffer()))
          .digest('base64');
        if (found !== digest)
          losses.push(`${record.recordName}: its asset is not what was acknowledged (${response.status})`);
      }
    }
  };

  for (let kill = 1; kill <= options.kills; kill += 1) {
    stopped = false;
    const writers = Promise.all([0, 1, 2].map(writer));
    // Counted in acknowledged writes, then a random moment: a slow machine tests as much as a fast one.
    const enough = acknowledged + 5 + random.below(20);
    while (acknowledged < enough) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, random.below(20)));
    await server.kill('SIGKILL');
    stopped = true;
    await writers;
    await server.start();
    await verify();
    options.progress?.(kill);
    if (losses.length > 0) break;
  }
  await server.kill('SIGTERM');
  await rm(folder, { recursive: true, force: true });
  return { kills: options.kills, acknowledgedRecords, acknowledgedAssets, losses };
}
