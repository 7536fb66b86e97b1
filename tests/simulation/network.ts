import type { CloudAnswer, CloudFetch } from '../../electron/core/sync/httpCloudDatabase.ts';
import { answerOf, readBody, type SentAnswer } from './answers.ts';
import type { Violation } from './invariants.ts';
import { createTold, type Told } from './told.ts';

/** Faults of the way between a client and the server, and of a server that is overloaded. */
export const networkFaults = [
  'drop',
  'cutAfterCommit',
  'duplicate',
  'duplicateLate',
  'reorder',
  'delay',
  'truncate',
  'throttled',
  'busy',
  'internal',
  'quota',
  'tooLarge',
  'partial',
  'requestPartition',
  'answerPartition',
] as const;
export type NetworkFault = (typeof networkFaults)[number];

/** A request as it travels: read once, sent as often as a fault wants. */
export interface SentRequest {
  readonly device: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How many operations on records it asks for. */
  readonly operations: number;
}

interface Waiting {
  readonly request: SentRequest;
  readonly resolve: (response: CloudAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests under way. Nothing reaches the server or a client unless the simulation delivers it. */
export interface Network {
  /** How a device reaches the server. Requests of a crashed generation of it are never answered. */
  fetchFor(device: string): CloudFetch;
  forget(device: string): void;
  /** Requests that could be delivered now: those of clogged devices are not among them. */
  readonly waiting: number;
  /** Delivers the oldest request of one device; false when it has none that could be. */
  deliverOf(device: string): Promise<boolean>;
  /**
   * Handles one request; `fault` undefined is the good case. `which` chooses the request (when they are reordered) or the
   * operation a fault hits.
   * @param times how often a duplicated request arrives beside the first, 1 to 5
   * @returns what happened, for the trace
   */
  deliver(which: number, fault: NetworkFault | undefined, times?: number): Promise<string>;
  /** A copy of an earlier request that was answered with success arrives now; undefined when there is none. */
  deliverLate(): Promise<string | undefined>;
  /** The server forgot what it did (restored, or too long ago): late copies would be news to it. */
  dropLate(): void;
  /** One-way partitions: requests of the device, or answers to it, get lost. */
  partition(device: string, way: 'requests' | 'answers' | 'none'): void;
  /** Nothing of this device moves either way, and nothing gets lost, until it is freed. */
  clog(device: string, on: boolean): void;
  readonly told: Told;
  readonly largestRequest: { bytes: number; operations: number };
  readonly violations: readonly Violation[];
}

export interface NetworkDependencies {
  /** The real server, in this process. */
  readonly answer: (request: SentRequest) => Promise<SentAnswer>;
  /** Text that changes with everything a request can change on the server. */
  readonly fingerprint: () => string;
  /** Looks at each request before the server does; a sentence when it should never have been sent. */
  readonly inspect: (request: SentRequest) => Violation | undefined;
  /** Its disk is full. */
  readonly forgetful: (device: string) => boolean;
  /** Told of each request a fault hit when it did hit, which for a late copy is later. */
  readonly onFault: (fault: NetworkFault) => void;
}

/** Copies kept for later, at most: each is one more request. */
const mostLate = 20;

export function createNetwork(deps: NetworkDependencies): Network {
  const { answer, fingerprint, inspect, onFault } = deps;
  const told = createTold(deps.forgetful);
  const queue: Waiting[] = [];
  const late: SentRequest[] = [];
  const partitions = new Map<string, 'requests' | 'answers'>();
  const clogged = new Set<string>();
  const largest = { bytes: 0, operations: 0 };
  const violations: Violation[] = [];

  const send = (request: SentRequest): Promise<SentAnswer> => {
    const wrong = inspect(request);
    if (wrong !== undefined) violations.push(wrong);
    return answer(request);
  };
  const refuse = (code: string, status: number, more: Record<string, unknown> = {}): CloudAnswer =>
    answerOf({
      status,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uuid: 'simulated', serverErrorCode: code, reason: `simulated ${code}`, ...more }),
    });
  const lost = () => new TypeError('fetch failed');
  /** The answer reaches whoever asked. */
  const answerTo = ({ request, resolve }: Waiting, answered: SentAnswer): void => {
    told.hears(request, answered);
    resolve(answerOf(answered));
  };
  /** The server does all of a batch but one operation, which it has no time for. */
  const sendAllButOne = async (request: SentRequest, which: number): Promise<SentAnswer> => {
    const body = JSON.parse(request.body) as { operations: { record: { recordName: string } }[] };
    const index = which % body.operations.length;
    const [left] = body.operations.splice(index, 1);
    const answered: SentAnswer =
      body.operations.length === 0
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: '{"records":[]}' }
        : await send({ ...request, body: JSON.stringify(body) });
    if (answered.status !== 200) return answered;
    const answer = JSON.parse(answered.body) as { records: unknown[] };
    const { serverErrorCode, ...more } = itemErrors[which % itemErrors.length] ?? itemErrors[0];
    answer.records.splice(index, 0, {
      recordName: left?.record.recordName,
      serverErrorCode,
      reason: `simulated ${serverErrorCode}`,
      ...more,
    });
    return { ...answered, body: JSON.stringify(answer) };
  };

  /** Sends a request again; what the first one did must stay as it is (I4). */
  const again = async (request: SentRequest, how: string): Promise<SentAnswer> => {
    const before = fingerprint();
    const repeated = await send(request);
    if (fingerprint() !== before) {
      violations.push({
        invariant: 'I4',
        message: `${request.device} ${pathOf(request)} sent again ${how} changed the server: ${request.body.slice(0, 300)}`,
      });
    }
    return repeated;
  };

  const network: Network = {
    fetchFor: (device) => async (request) => {
      const { url, method, headers, body = '' } = request;
      if (typeof body !== 'string') throw new Error('Files are not simulated');
      if (method !== 'GET') await readBody();
      const operations = url.includes('records/modify')
        ? (JSON.parse(body) as { operations: unknown[] }).operations.length
        : 0;
      const sent = { device, url, method, headers, body, operations };
      const forgotten = told.sends(sent);
      if (forgotten !== undefined) violations.push(forgotten);
      largest.bytes = Math.max(largest.bytes, body.length);
      largest.operations = Math.max(largest.operations, operations);
      return new Promise<CloudAnswer>((resolve, reject) => {
        queue.push({ request: sent, resolve, reject });
      });
    },
    forget: (device) => {
      told.forget(device);
      for (let index = queue.length - 1; index >= 0; index -= 1) {
        if (queue[index]?.request.device === device) queue.splice(index, 1);
      }
    },
    get waiting() {
      if (clogged.size === 0) return queue.length;
      return queue.filter(({ request }) => !clogged.has(request.device)).length;
    },
    deliverOf: async (device) => {
      const index = clogged.has(device) ? -1 : queue.findIndex(({ request }) => request.device === device);
      if (index < 0) return false;
      queue.unshift(...queue.splice(index, 1));
      await network.deliver(0, undefined);
      return true;
    },
    partition: (device, way) => {
      if (way === 'none') partitions.delete(device);
      else partitions.set(device, way);
    },
    clog: (device, on) => {
      if (on) clogged.add(device);
      else clogged.delete(device);
    },
    dropLate: () => {
      late.length = 0;
      told.forgetAll();
    },
    deliverLate: async () => {
      const request = late.shift();
      if (request === undefined) return undefined;
      onFault('duplicateLate');
      await again(request, 'much later');
      return `${request.device} ${pathOf(request)} arrives a second time`;
    },
    told,
    largestRequest: largest,
    violations,
    deliver: async (which, fault, times = 1) => {
      const free = queue.filter(({ request }) => !clogged.has(request.device));
      const least = fault === undefined ? 0 : (leastOperations[fault] ?? 0);
      // First in, first out, but for reordering, and for faults that only a request with that many operations can meet.
      const waiting =
        (least > 0 ? free.find(({ request }) => request.operations >= least) : undefined) ??
        free[fault === 'reorder' && free.length > 0 ? which % free.length : 0];
      if (waiting === undefined) return 'nothing';
      queue.splice(queue.indexOf(waiting), 1);
      const { request } = waiting;
      const name = `${request.device} ${pathOf(request)}`;
      const partitioned = partitions.get(request.device);
      if (partitioned === 'requests') {
        onFault('requestPartition');
        waiting.reject(lost());
        return `${name} lost on the way`;
      }
      if (partitioned === 'answers') {
        onFault('answerPartition');
        told.misses(request, await send(request));
        waiting.reject(lost());
        return `${name} answered into the void`;
      }
      if (fault !== undefined && !firesElsewhere.has(fault)) onFault(fault);
      switch (fault) {
        case undefined:
        case 'requestPartition':
        case 'answerPartition': {
          const response = await send(request);
          // Refusals are worth reading in a trace.
          const why = response.status < 300 ? '' : ` ${response.body.slice(0, 200)}`;
          answerTo(waiting, response);
          return `${name} ${response.status}${why}`;
        }
        case 'drop':
          waiting.reject(lost());
          return `${name} dropped`;
        case 'cutAfterCommit':
          told.misses(request, await send(request));
          waiting.reject(lost());
          return `${name} cut after commit`;
        case 'duplicate': {
          let response = await send(request);
          for (let time = 0; time < times; time += 1) response = await again(request, 'at once');
          answerTo(waiting, response);
          return `${name} duplicated ${times} times`;
        }
        case 'duplicateLate': {
          const response = await send(request);
          if (response.status === 200 && late.length < mostLate) {
            for (let time = 0; time < times; time += 1) late.push(request);
          }
          answerTo(waiting, response);
          return `${name} ${response.status}, a copy is still under way`;
        }
        case 'truncate': {
          const answered = await send(request);
          told.misses(request, answered);
          const { body } = answered;
          waiting.resolve(answerOf({ status: 200, headers: {}, body: body.slice(0, Math.floor(body.length / 2)) }));
          return `${name} truncated`;
        }
        case 'throttled':
          waiting.resolve(refuse('THROTTLED', 429, { retryAfter: 3 }));
          return `${name} throttled`;
        case 'busy':
          waiting.resolve(refuse('TRY_AGAIN_LATER', 503, { retryAfter: 1 }));
          return `${name} busy`;
        case 'internal':
          waiting.resolve(answerOf({ status: 502, headers: {}, body: '<html>Bad gateway</html>' }));
          return `${name} bad gateway`;
        case 'partial': {
          if (request.operations < least) {
            answerTo(waiting, await send(request));
            return `${name} whole`;
          }
          onFault(fault);
          answerTo(waiting, await sendAllButOne(request, which + times));
          return `${name} done but for one operation`;
        }
        case 'quota':
        case 'tooLarge': {
          if (request.operations < least) {
            answerTo(waiting, await send(request));
            return `${name} small enough`;
          }
          onFault(fault);
          waiting.resolve(
            fault === 'quota'
              ? refuse('QUOTA_EXCEEDED', 413)
              : refuse('BAD_REQUEST', 400, { limit: 'operations', maximum: 1 }),
          );
          return `${name} ${fault === 'quota' ? 'over quota' : 'too large'}`;
        }
        case 'reorder':
        case 'delay':
          queue.push(waiting);
          return `${name} waits`;
      }
    },
  };
  return network;
}

/** What a request must hold for a fault to make sense. */
const leastOperations: Partial<Record<NetworkFault, number>> = { quota: 1, partial: 1, tooLarge: 2 };

/** Faults that count where they take effect, not where they are ordered. */
const firesElsewhere = new Set<NetworkFault>([
  'duplicateLate',
  'quota',
  'tooLarge',
  'partial',
  'requestPartition',
  'answerPartition',
]);

/** What a server may say of one operation while it does the others. */
const itemErrors = [
  { serverErrorCode: 'TRY_AGAIN_LATER', retryAfter: 1 },
  { serverErrorCode: 'ZONE_BUSY', retryAfter: 1 },
  { serverErrorCode: 'INTERNAL_ERROR' },
  { serverErrorCode: 'QUOTA_EXCEEDED' },
  { serverErrorCode: 'ATOMIC_ERROR' },
] as const;

function pathOf({ url }: SentRequest): string {
  const end = url.indexOf('?');
  return (end < 0 ? url : url.slice(0, end)).split('/').slice(-3).join('/');
}
