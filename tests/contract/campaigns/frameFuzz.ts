import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { RPCLink } from '@orpc/client/message-port';
import { contractSchemas } from '../../../build/contractHash.ts';
import { createRouterServer } from '../../../electron/core/rpc/routerServer.ts';
import type { RouterServer } from '../../../electron/core/rpc/routerServer.ts';
import { electronPortWire } from '../../../electron/core/rpc/wire.ts';
import { contract } from '../../../shared/contract/contract.ts';
import type { Contract } from '../../../shared/contract/contract.ts';
import { createElectronPorts } from '../../helpers/electronPorts.ts';
import { createSeededRandom } from '../../helpers/seededRandom.ts';
import type { TestLibrary } from '../../helpers/testLibrary.ts';

/** What a run saw. */
export type FrameFuzzResult = {
  readonly frames: number;
  /** Answers by code; `none` is a call that was answered, which rubbish never is. */
  readonly answers: Readonly<Record<string, number>>;
  /** Peers that were hung up on for sending nothing but rubbish. */
  readonly hungUp: number;
};

const names = contractSchemas(contract).map(({ name }) => name.replace('.', '/'));
const hostileNames = [
  'constructor',
  '__proto__',
  'photos',
  'photos/__proto__',
  'photos/get/../../app/info',
  '%2e%2e',
  '',
  'toString/call',
  'x'.repeat(5_000),
];
const values: readonly unknown[] = [
  null,
  0,
  -1,
  2 ** 53,
  Number.MAX_VALUE,
  true,
  '',
  '\u0000',
  '\uD800',
  '../../etc/passwd',
  'x'.repeat(70_000),
  [],
  [[]],
  {},
  JSON.parse('{"then":1}'),
  { toJSON: 1 },
];

/**
 * Writes hostile frames to the port of a real library: known and unknown procedures with wrong parameters, prototypes,
 * broken envelopes, other message kinds, raw bytes and values that are no frames.
 * @throws Error naming the seed when the library is called with rubbish, logs an unforeseen failure, or stops answering
 */
export async function fuzzFrames(library: TestLibrary, seed: number, frames: number): Promise<FrameFuzzResult> {
  const random = createSeededRandom(seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[random(from.length)];
  const failures: string[] = [];
  const server = createRouterServer(library.app.router, {
    newLogId: () => 'log',
    logFailure: ({ procedure, error }) => failures.push(`${procedure}: ${String(error)}`),
  });
  const answers: Record<string, number> = {};
  let hungUp = 0;
  let page = connectPage();

  function connectPage() {
    const ends = createElectronPorts();
    server.serve(electronPortWire(ends[0]));
    ends[1].on('message', ({ data }) => {
      const code = answerCode(data);
      answers[code] = (answers[code] ?? 0) + 1;
    });
    ends[1].on('close', () => {
      hungUp += 1;
      page = connectPage();
    });
    ends[1].start();
    return ends[1];
  }

  function rubbish(depth: number): unknown {
    if (depth === 0 || random(3) === 0) return pick(values);
    if (random(2) === 0) return Array.from({ length: random(3) }, () => rubbish(depth - 1));
    const keys = ['id', 'ids', 'view', 'path', 'paths', '__proto__', 'constructor', 'limit', 'x'.repeat(random(30))];
    // Text, because an object literal would set the prototype instead of carrying the key.
    return JSON.parse(`{${JSON.stringify(pick(keys))}:${JSON.stringify(rubbish(depth - 1)) ?? 'null'}}`);
  }

  /** Parameters that no procedure takes: whatever else is in them, one key is unknown everywhere. */
  function parameters(): unknown {
    const value = rubbish(3);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value, neverAKey: 1 }
      : (value ?? null);
  }

  function frame(id: string): unknown {
    switch (random(8)) {
      case 0:
        return rubbish(2);
      case 1:
        return JSON.stringify(rubbish(4));
      case 2:
        return new Uint8Array(Array.from({ length: random(64) }, () => random(256)));
      case 3:
        return JSON.stringify({ i: id, t: random(6), p: rubbish(2) });
      case 4: {
        const address = `${random(4) === 0 ? '' : '/'}${pick(hostileNames) ?? ''}`;
        const method = random(2) === 0 ? 'POST' : rubbish(1);
        return JSON.stringify({ i: random(4) === 0 ? rubbish(1) : id, p: { u: address, b: rubbish(2), m: method } });
      }
      case 5:
        return JSON.stringify({
          i: id,
          p: { u: `/${pick(names) ?? ''}`, b: { json: parameters(), meta: rubbish(3) } },
        });
      default:
        return JSON.stringify({ i: id, p: { u: `/${pick(names) ?? ''}`, b: { json: parameters() } } });
    }
  }

  try {
    for (let sent = 0; sent < frames; sent += 1) {
      page.postMessage(frame(`f${sent}`));
      if (sent % 50 === 0) await new Promise(setImmediate);
    }
    await stillAnswers(server);
    if (failures.length > 0)
      throw new Error(`seed ${seed}: ${failures.length} unforeseen failures, first ${failures[0]}`);
    if ((answers['none'] ?? 0) > 0)
      throw new Error(`seed ${seed}: ${answers['none']} calls with rubbish were answered`);
    return { frames, answers, hungUp };
  } finally {
    server.dispose();
  }
}

/** The code of the error that an answer carries, `none` for an answer without one, `other` for what is no answer. */
function answerCode(data: unknown): string {
  if (typeof data !== 'string') return 'other';
  const message: { p?: { s?: number; b?: { json?: { code?: string } } } } = JSON.parse(data);
  return message.p?.s === undefined ? 'none' : (message.p.b?.json?.code ?? 'other');
}

async function stillAnswers(server: RouterServer): Promise<void> {
  const [main, page] = createElectronPorts();
  server.serve(electronPortWire(main));
  const client = createORPCClient<ContractRouterClient<Contract>>(
    new RPCLink({
      port: { on: (event, callback) => void page.on(event as 'message', callback), postMessage: page.postMessage },
    }),
  );
  page.start();
  await client.library.info({});
  page.close();
}
