import { createHash } from 'node:crypto';
import type { Connection } from '../../electron/core/store/connection.ts';
import { isAppError } from '../../shared/errors.ts';
import { createClient, makeLibrary, type Client } from './client.ts';
import { createPool, createRowCopier, keepStatements, type Rows } from './databasePool.ts';
import { checkErrors, type Violation } from './invariants.ts';
import { Killed } from './killSwitch.ts';
import { createLedger } from './ledger.ts';
import { checkLedger } from './ledgerRules.ts';
import { createNetwork, type SentRequest } from './network.ts';
import { operate } from './operations.ts';
import type { Plan, Step } from './plan.ts';
import { checkQuiet, heal } from './quiescence.ts';
import { createRandom } from './random.ts';
import { createSharing } from './sharingOperations.ts';
import { createSimulatedServer, openServerDatabase, type ServerDatabase } from './simulatedServer.ts';
import { createVirtualTime } from './virtualTime.ts';
import { createWorldFaults } from './worldFaults.ts';

export interface RunResult {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly trace: readonly string[];
  readonly traceHash: string;
  /** How often each fault hit, and each kind of world came up. */
  readonly fired: ReadonlyMap<string, number>;
  readonly rounds: number;
}

const names = ['ana', 'ben', 'cleo'];

/** Requests that change something; nobody may send one in another person's name (I18). */
const writes = ['records/modify', 'zones/modify', 'records/accept', 'invitations/decline', 'assets/'];

/** Runs plans, one at a time; what is dear to make (databases with their statements) is kept between runs. */
export interface Simulator {
  /** Runs a plan against the real engine and the real server, heals the world, and checks every invariant. */
  run(plan: Plan): Promise<RunResult>;
}

export async function createSimulator(): Promise<Simulator> {
  const libraries = createPool(() => {
    const item = makeLibrary();
    const copier = createRowCopier(item.raw, allowDeleting);
    const empty = copier.copy();
    keepStatements(item.raw);
    return { item, reset: () => copier.put(empty) };
  });
  const idle: { opened: ServerDatabase; empty: Rows }[] = [];
  return {
    run: async (plan) => {
      const kept = idle.pop();
      const opened = kept?.opened ?? (await openServerDatabase());
      const empty = kept?.empty ?? opened.copier.copy();
      return runPlan(plan, {
        takeLibrary: libraries.take,
        giveLibrary: libraries.give,
        server: opened,
        giveServer: () => {
          opened.copier.put(empty);
          idle.push({ opened, empty });
        },
      });
    },
  };
}

/** A library refuses writes that no author stands for. */
function allowDeleting(raw: Connection['raw']): void {
  raw.exec(`INSERT INTO history_transaction (author, at, stamp) VALUES ('sync', 0, '');
    INSERT INTO history_open (singleton, transaction_id, author) VALUES (1, last_insert_rowid(), 'sync')`);
}

interface Databases {
  readonly takeLibrary: () => Connection;
  readonly giveLibrary: (library: Connection) => void;
  readonly server: ServerDatabase;
  readonly giveServer: () => void;
}

async function runPlan(plan: Plan, databases: Databases): Promise<RunResult> {
  const time = createVirtualTime(1_750_000_000_000);
  const chance = createRandom(plan.seed ^ 0x5eed);
  // Time stands still while requests are answered; a server's clock does not, and by it the order of what was accepted is told.
  let accepted = 0;
  const server = await createSimulatedServer(
    () => Math.max(time.now, accepted),
    () => chance.next(),
    databases.server,
    databases.giveServer,
  );
  const fired = new Map<string, number>();
  const fire = (fault: string) => fired.set(fault, (fired.get(fault) ?? 0) + 1);
  const tokens = new Map<string, string>();
  const personOf = new Map<string, string>();
  const signIn = async (me: string): Promise<string> => {
    const token = await server.signIn(me);
    personOf.set(`Bearer ${token}`, me);
    return token;
  };
  const inspect = ({ device, url, headers }: SentRequest): Violation | undefined => {
    const token = headers['authorization'] ?? '';
    const isNamed = (secret: string) => secret !== '' && url.includes(secret);
    if (isNamed(token.slice(7)) || sharing.secrets.some(isNamed)) {
      return { invariant: 'I24', message: `${device} sends a secret in an address: ${url}` };
    }
    const me = personOf.get(token);
    const owner = `_${names.find((name) => name.startsWith(device[0] ?? '')) ?? ''}`;
    if (me !== undefined && me !== owner && writes.some((path) => url.includes(path))) {
      return { invariant: 'I18', message: `${device} of ${owner} writes as ${me}: ${url}` };
    }
    return undefined;
  };
  const network = createNetwork({
    answer: (request) => {
      if (writes.some((path) => request.url.includes(path))) accepted = Math.max(time.now, accepted) + 1;
      return server.answer(request);
    },
    fingerprint: () => server.fingerprint(),
    inspect,
    forgetful: (device) => clients.some(({ name, full }) => name === device && full),
    onFault: fire,
  });
  const ledger = createLedger();
  const trace: string[] = [];
  const violations: Violation[] = [];
  const facts = { clocksJumped: false, serverRestored: false };

  const makeClient = async (person: string, name: string, stale: boolean): Promise<Client> => {
    const me = `_${person}`;
    tokens.set(name, await signIn(me));
    const client = createClient({
      name,
      person,
      me,
      library: databases.takeLibrary(),
      release: databases.giveLibrary,
      time,
      random: () => chance.next(),
      fetch: network.fetchFor(name),
      forget: () => network.forget(name),
      server: server.origin,
      container: server.container,
      environment: server.environment,
      token: () => tokens.get(name),
      stale,
    });
    client.engine.start();
    return client;
  };
  const people = names.slice(0, plan.people);
  for (const name of people) await server.addPerson(name);
  const clients: Client[] = [];
  for (let index = 0; index < plan.devices; index += 1) {
    const person = people[index % people.length] ?? 'ana';
    clients.push(await makeClient(person, `${person[0] ?? 'x'}${index}`, plan.stale.includes(index)));
  }
  if (plan.stale.length > 0) fire('staleBuild');
  const sharing = createSharing(server, clients, ledger);
  const deviceOf = (index: number): Client => {
    const client = clients[index % clients.length];
    if (client === undefined) throw new Error('There is no such device');
    return client;
  };
  let generation = 0;
  const faults = createWorldFaults({
    time,
    server,
    network,
    sharing,
    ledger,
    clients,
    facts,
    violations,
    fire,
    tokens,
    signIn,
    people: people.map((name) => `_${name}`),
    settle,
    reinstall: async (client) => {
      client.dispose();
      network.forget(client.name);
      network.partition(client.name, 'none');
      generation += 1;
      const name = `${client.name.split('g')[0] ?? client.name}g${generation}`;
      clients[clients.indexOf(client)] = await makeClient(client.person, name, client.stale);
    },
  });

  /** Whoever was killed at a write is started again. */
  const raise = (): string => {
    const dead = clients.filter((client) => client.dead);
    for (const client of dead) {
      fire('killAtWrite');
      client.crash();
    }
    return dead.map((client) => `; ${client.name} was killed and starts again`).join('');
  };

  const deliver = async (one: Extract<Step, { kind: 'network' }>): Promise<string> => {
    const random = createRandom(one.seed);
    const done: string[] = [];
    if (random.chance(0.4)) {
      const late = await network.deliverLate();
      if (late !== undefined) done.push(late);
    }
    for (const fault of one.faults) {
      const which = random.below(8);
      const times = 1 + random.below(5);
      if (fault === 'requestPartition' || fault === 'answerPartition') {
        const device = deviceOf(random.below(clients.length)).name;
        const way = random.chance(0.4) ? 'none' : fault === 'requestPartition' ? 'requests' : 'answers';
        network.partition(device, way);
      }
      if (network.waiting === 0) continue;
      done.push(await network.deliver(which, fault ?? undefined, times));
      await settle();
      done.push(raise());
    }
    return `network: ${done.filter((line) => line !== '').join('; ')}`;
  };

  const wake = (client: Client, what: 'export' | 'import' | undefined): string => {
    client.engine.kick({ import: what !== 'export', export: what !== 'import' });
    try {
      client.afterImport();
    } catch (error) {
      // The app tries again after the next import.
      if (!(error instanceof Killed) && !(isAppError(error) && error.code === 'diskFull')) throw error;
    }
    return `${client.name} wakes${what === undefined ? '' : ` for ${what}`}`;
  };

  const step = async (one: Step): Promise<string> => {
    switch (one.kind) {
      case 'operation':
        return operate(deviceOf(one.device), one.operation, createRandom(one.seed), ledger, plan.crowded === true);
      case 'sharing':
        fire(`share:${one.operation}`);
        return sharing.operate(deviceOf(one.device), one.operation, createRandom(one.seed));
      case 'network':
        return deliver(one);
      case 'wake':
        return wake(deviceOf(one.device), one.for);
      case 'time':
        time.advance(one.ms);
        return `${one.ms} ms pass`;
      case 'fault':
        return faults.run(one.fault, deviceOf(one.device), one.seed);
    }
  };

  let rounds = 0;
  try {
    for (const [index, one] of plan.steps.entries()) {
      const swizzled = faults.tick();
      if (swizzled !== undefined) trace.push(`${index} ${swizzled}`);
      trace.push(`${index} ${await step(one)}`);
      await settle();
      trace.push(...[raise()].filter((line) => line !== ''));
      for (const client of clients) violations.push(...checkErrors(client));
      violations.push(...network.violations, ...sharing.violations);
      if (violations.length > 0) break;
    }
    if (violations.length === 0) {
      const world = {
        time,
        server,
        network,
        sharing,
        faults,
        clients,
        settle,
        freshClient: (person: string) => makeClient(person, `${person[0] ?? 'x'}fresh`, false),
      };
      const healed = await heal(world);
      rounds = healed.rounds;
      violations.push(...healed.violations, ...network.violations);
      if (violations.length === 0) {
        violations.push(...(await checkQuiet(world)), ...network.violations);
        violations.push(...checkLedger(clients, server, network, ledger, facts));
      }
    }
  } catch (error) {
    violations.push({
      invariant: 'crash',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
  for (const client of clients) client.dispose();
  await server.dispose();
  const hash = createHash('sha256').update(trace.join('\n'));
  hash.update(violations.map((one) => one.invariant).join());
  return { plan, violations, trace, traceHash: hash.digest('hex'), fired, rounds };
}

/** Lets everything that can go on without the network or time do so. */
async function settle(): Promise<void> {
  await new Promise<void>((done) => setImmediate(done));
}
