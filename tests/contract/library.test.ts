import { setTimeout as delay } from 'node:timers/promises';
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { fc } from '../helpers/properties.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contractSchemas } from '../../build/contractHash.ts';
import { createRouterServer } from '../../electron/core/rpc/routerServer.ts';
import type { RouterServer } from '../../electron/core/rpc/routerServer.ts';
import { contract } from '../../shared/contract/contract.ts';
import type { Contract } from '../../shared/contract/contract.ts';
import { contractVersion } from '../../shared/contract/version.ts';
import type { AppEvent } from '../../shared/model/app.ts';
import { openTestLibrary } from '../helpers/testLibrary.ts';
import type { TestLibrary } from '../helpers/testLibrary.ts';
import { transports } from '../helpers/transports.ts';
import type { Connected } from '../helpers/transports.ts';

type Client = ContractRouterClient<Contract>;

let library: TestLibrary;
let failures: { readonly procedure: string; readonly error: unknown }[];
let server: RouterServer;

beforeAll(async () => {
  library = await openTestLibrary();
});
afterAll(() => library.dispose());
beforeEach(() => {
  failures = [];
  server = createRouterServer(library.app.router, {
    newLogId: () => 'log',
    logFailure: (failure) => failures.push(failure),
  });
});

describe.each(transports)('a library over $name', ({ connect }) => {
  let connected: Connected;
  let client: Client;

  beforeEach(async () => {
    connected = await connect(server);
    client = createORPCClient<Client>(connected.link);
  });
  afterEach(async () => {
    await connected.hangUp();
    server.dispose();
  });

  it('says what it is and which contract it speaks', async () => {
    expect(await client.app.info({})).toMatchObject({ contractVersion, capabilities: { shell: 'test' } });
    expect(await client.library.info({})).toMatchObject({ photos: 0, directory: library.directory });
  });

  it('does what it is asked, and everybody who listens hears of it', async () => {
    const stopping = new AbortController();
    const events = await client.app.events({}, { signal: stopping.signal });
    const heard: AppEvent['type'][] = [];
    const listening = (async () => {
      for await (const event of events) heard.push(event.type);
    })().catch(() => undefined);
    await delay(20);
    const album = await client.albums.create({ kind: 'manual', title: 'Crete' });
    expect((await client.albums.list({})).map(({ id }) => id)).toContain(album.id);
    await client.albums.delete({ id: album.id });
    for (let turn = 0; turn < 100 && !heard.includes('storeChanged'); turn += 1) await delay(10);
    stopping.abort();
    await listening;
    expect(heard).toContain('storeChanged');
    expect(failures).toEqual([]);
  });

  it('refuses in words what cannot be', async () => {
    await expect(client.photos.get({ id: 'nobody' })).rejects.toMatchObject({
      code: 'notFound',
      message: expect.stringMatching(/\w+ \w+/u),
    });
    await expect(client.app.chooseFolder({ purpose: 'watch' })).rejects.toMatchObject({ code: 'notSupported' });
  });
});

describe('a hostile page', () => {
  const procedures = contractSchemas(contract).map(({ name }) => name.split('.'));

  it.each(procedures)('cannot make %s.%s do anything with rubbish but refuse it', async (noun, verb) => {
    const link = server.link();
    await fc.assert(
      fc.asyncProperty(rubbish, async (input) => {
        const outcome: unknown = await link.call([noun ?? '', verb ?? ''], input, { context: {} }).then(
          () => 'answered',
          (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
        );
        expect(outcome).toBe('invalidInput');
      }),
      { numRuns: 25 },
    );
    expect(failures).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });

  // No procedure has these keys, so none of these is ever valid.
  const rubbish = fc.oneof(
    fc.constantFrom<unknown>(null, 0, '', true, [], [{}], 'x'.repeat(100_000), Number.MAX_SAFE_INTEGER, {
      __proto__: null,
      polluted: 1,
    }),
    fc.dictionary(fc.constantFrom('constructor', 'toString', 'polluted', '$where', 'hasOwnProperty'), fc.jsonValue(), {
      minKeys: 1,
    }),
    fc.array(fc.jsonValue(), { minLength: 1 }),
    fc.string(),
    fc.double(),
  );
});
