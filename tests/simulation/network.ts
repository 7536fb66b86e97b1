import type { Fetch } from '../../electron/core/sync/httpCloudDatabase.ts';

/** Faults of the way between a client and the server, and of a server that is overloaded. */
export const networkFaults = [
  'drop',
  'cutAfterCommit',
  'duplicate',
  'reorder',
  'delay',
  'truncate',
  'throttled',
  'busy',
  'internal',
  'tooLarge',
  'requestPartition',
  'answerPartition',
  'clog',
] as const;
export type NetworkFault = (typeof networkFaults)[number];

interface Waiting {
  readonly device: string;
  readonly request: { readonly url: string; readonly method: string; readonly headers: Headers; readonly body: string };
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests under way. Nothing reaches the server or a client unless the simulation delivers it. */
export interface Network {
  /** How a device reaches the server. Requests of a crashed generation of it are never answered. */
  fetchFor(device: string): Fetch;
  forget(device: string): void;
  readonly waiting: number;
  /** Whether a device has a request under way. */
  isWaiting(device: string): boolean;
  /**
   * Handles one request; `fault` undefined is the good case. `which` chooses among those waiting.
   * @returns what happened, for the trace
   */
  deliver(which: number, fault: NetworkFault | undefined): Promise<string>;
  /** One-way partitions: requests of the device, or answers to it, get lost. */
  partition(device: string, way: 'requests' | 'answers' | 'none'): void;
  readonly largestRequest: { bytes: number; operations: number };
}

/** @param handle the real server, in this process */
export function createNetwork(handle: (request: Request) => Promise<Response>): Network {
  const queue: Waiting[] = [];
  const partitions = new Map<string, 'requests' | 'answers'>();
  const largest = { bytes: 0, operations: 0 };

  const send = async (waiting: Waiting): Promise<Response> => {
    const { url, method, headers, body } = waiting.request;
    return handle(new Request(url, { method, headers, ...(method === 'GET' ? {} : { body }) }));
  };
  const refuse = (code: string, status: number, more: Record<string, unknown> = {}): Response =>
    Response.json({ uuid: 'simulated', serverErrorCode: code, reason: `simulated ${code}`, ...more }, { status });
  const lost = () => new TypeError('fetch failed');

  return {
    fetchFor: (device) => async (request) => {
      const body = request.method === 'GET' ? '' : await request.text();
      largest.bytes = Math.max(largest.bytes, body.length);
      if (request.url.includes('records/modify')) {
        largest.operations = Math.max(
          largest.operations,
          (JSON.parse(body) as { operations: unknown[] }).operations.length,
        );
      }
      return new Promise<Response>((resolve, reject) => {
        queue.push({
          device,
          request: { url: request.url, method: request.method, headers: request.headers, body },
          resolve,
          reject,
        });
      });
    },
    forget: (device) => {
      for (let index = queue.length - 1; index >= 0; index -= 1) {
        if (queue[index]?.device === device) queue.splice(index, 1);
      }
    },
    get waiting() {
      return queue.length;
    },
    isWaiting: (device) => queue.some((one) => one.device === device),
    partition: (device, way) => {
      if (way === 'none') partitions.delete(device);
      else partitions.set(device, way);
    },
    largestRequest: largest,
    deliver: async (which, fault) => {
      const index = queue.length === 0 ? -1 : which % queue.length;
      const [waiting] = index < 0 ? [] : queue.splice(index, 1);
      if (waiting === undefined) return 'nothing';
      const name = `${waiting.device} ${new URL(waiting.request.url).pathname.split('/').slice(-3).join('/')}`;
      const partitioned = partitions.get(waiting.device);
      if (partitioned === 'requests') {
        waiting.reject(lost());
        return `${name} lost on the way`;
      }
      if (partitioned === 'answers') {
        await send(waiting);
        waiting.reject(lost());
        return `${name} answered into the void`;
      }
      const isWrite = waiting.request.url.includes('records/modify');
      switch (fault) {
        case undefined: {
          const response = await send(waiting);
          // Refusals are worth reading in a trace.
          const why = response.ok ? '' : ` ${(await response.clone().text()).slice(0, 200)}`;
          waiting.resolve(response);
          return `${name} ${response.status}${why}`;
        }
        case 'drop':
          waiting.reject(lost());
          return `${name} dropped`;
        case 'cutAfterCommit':
          await send(waiting);
          waiting.reject(lost());
          return `${name} cut after commit`;
        case 'duplicate': {
          await send(waiting);
          waiting.resolve(await send(waiting));
          return `${name} duplicated`;
        }
        case 'truncate': {
          const body = await (await send(waiting)).text();
          waiting.resolve(new Response(body.slice(0, Math.floor(body.length / 2)), { status: 200 }));
          return `${name} truncated`;
        }
        case 'throttled':
          waiting.resolve(refuse('THROTTLED', 429, { retryAfter: 3 }));
          return `${name} throttled`;
        case 'busy':
          waiting.resolve(refuse('TRY_AGAIN_LATER', 503, { retryAfter: 1 }));
          return `${name} busy`;
        case 'internal':
          waiting.resolve(new Response('<html>Bad gateway</html>', { status: 502 }));
          return `${name} bad gateway`;
        case 'tooLarge':
          if (isWrite && (JSON.parse(waiting.request.body) as { operations: unknown[] }).operations.length > 1) {
            waiting.resolve(refuse('BAD_REQUEST', 400, { limit: 'operations', maximum: 1 }));
            return `${name} too large`;
          }
          waiting.resolve(await send(waiting));
          return `${name} small enough`;
        case 'reorder':
        case 'delay':
        case 'clog':
        case 'requestPartition':
        case 'answerPartition':
          queue.push(waiting);
          return `${name} waits`;
      }
    },
  };
}
