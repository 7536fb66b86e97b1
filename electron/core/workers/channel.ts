import { fork } from 'node:child_process';
import { Worker, parentPort } from 'node:worker_threads';
import { AppError, appErrorCodes, isAppError, type AppErrorCode, type AppErrorData } from '../../../shared/errors.ts';

/**
 * The two ends of a worker, whatever it runs in: a thread, a child process, Electron's utilityProcess, or nothing but
 * a function call. Messages are structured-clone values. Which of these is used is decided once, where a port is made.
 */
export interface WorkerPort {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Told once when the other side is gone; `reason` is for logs ("signal SIGSEGV", "exit 1"). */
  onExit(listener: (reason: string) => void): void;
  /** Ends the worker at once, whatever it is doing. */
  kill(): void;
  readonly pid: number | undefined;
  /** A busy worker keeps this process from ending; an idle one does not. Left out where that needs no saying. */
  setBusy?(busy: boolean): void;
}

/** What a worker can be asked for: name to function. Values must survive structured clone. */
export type Handlers = Readonly<Record<string, (params: never, signal: AbortSignal) => unknown>>;

type CallOf<H extends Handlers, N extends keyof H> = {
  readonly params: Parameters<H[N]>[0];
  readonly result: Awaited<ReturnType<H[N]>>;
};

/** The calling side of a worker. */
export interface Caller<H extends Handlers> {
  /** @throws AppError as the worker threw it; `internal` when the worker died with the call in flight. */
  call<N extends keyof H & string>(
    name: N,
    params: CallOf<H, N>['params'],
    signal?: AbortSignal,
  ): Promise<CallOf<H, N>['result']>;
  /** Resolves with the reason once the worker is gone. */
  readonly exited: Promise<string>;
  readonly pid: number | undefined;
  kill(): void;
}

type Request = { readonly kind: 'call'; readonly id: number; readonly name: string; readonly params: unknown };
type Abort = { readonly kind: 'abort'; readonly id: number };
type WireError = { readonly code: string; readonly message: string; readonly data: AppErrorData };
type Reply =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: WireError };

/** Marks an error that means "the process died", so that callers can tell a crash from a refusal. */
export const workerGone = 'workerGone';

/** Calls over a port. Each call gets its own reply; an abort is sent along and the worker decides what it can stop. */
export function createCaller<H extends Handlers>(port: WorkerPort): Caller<H> {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>();
  let next = 1;
  let gone: string | undefined;
  let announce: (reason: string) => void = () => undefined;
  const exited = new Promise<string>((resolve) => {
    announce = resolve;
  });
  port.onMessage((message) => {
    const reply = message as Reply;
    const call = waiting.get(reply.id);
    if (call === undefined) return;
    waiting.delete(reply.id);
    if (waiting.size === 0) port.setBusy?.(false);
    if (reply.kind === 'result') call.resolve(reply.value as never);
    else call.reject(fromWire(reply.error));
  });
  port.onExit((reason) => {
    if (gone !== undefined) return;
    gone = reason;
    for (const call of waiting.values()) call.reject(goneError(reason));
    waiting.clear();
    announce(reason);
  });
  return {
    exited,
    get pid() {
      return port.pid;
    },
    kill: () => port.kill(),
    call: (name, params, signal) =>
      new Promise((resolve, reject) => {
        if (gone !== undefined) return reject(goneError(gone));
        if (signal?.aborted === true) return reject(new AppError('cancelled', 'The work was cancelled.'));
        const id = next++;
        const abort = () => port.send({ kind: 'abort', id } satisfies Abort);
        signal?.addEventListener('abort', abort, { once: true });
        const done = () => signal?.removeEventListener('abort', abort);
        if (waiting.size === 0) port.setBusy?.(true);
        waiting.set(id, {
          resolve: (value) => {
            done();
            resolve(value);
          },
          reject: (error) => {
            done();
            reject(error);
          },
        });
        port.send({ kind: 'call', id, name, params } satisfies Request);
      }),
  };
}

/** The worker's side: runs handlers for calls that arrive. Returns nothing; it lives as long as the port. */
export function serve(port: Pick<WorkerPort, 'send' | 'onMessage'>, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  port.onMessage((message) => {
    const request = message as Request | Abort;
    if (request.kind === 'abort') {
      running.get(request.id)?.abort();
      return;
    }
    const { id, name, params } = request;
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    const controller = new AbortController();
    running.set(id, controller);
    void (async () => {
      try {
        if (handler === undefined) throw new AppError('notSupported', `The worker knows no call named ${name}.`);
        const value = await handler(params as never, controller.signal);
        port.send({ kind: 'result', id, value } satisfies Reply);
      } catch (error) {
        port.send({ kind: 'error', id, error: toWire(error) } satisfies Reply);
      } finally {
        running.delete(id);
      }
    })();
  });
}

/** A worker that is no worker: the handlers run here, for tests and for a debugger. Values are cloned all the same. */
export function localPort(handlers: Handlers): WorkerPort {
  const toCaller: ((message: unknown) => void)[] = [];
  const toWorker: ((message: unknown) => void)[] = [];
  const onExit: ((reason: string) => void)[] = [];
  let open = true;
  serve(
    {
      send: (message) => {
        if (open) for (const listener of toCaller) listener(structuredClone(message));
      },
      onMessage: (listener) => toWorker.push(listener),
    },
    handlers,
  );
  return {
    pid: undefined,
    send: (message) => {
      if (open) for (const listener of toWorker) listener(structuredClone(message));
    },
    onMessage: (listener) => toCaller.push(listener),
    onExit: (listener) => onExit.push(listener),
    kill: () => {
      if (!open) return;
      open = false;
      for (const listener of onExit) listener('killed');
    },
  };
}

/** A worker in a thread of this process: cheap, but a native crash takes the process along. */
export function threadPort(entry: URL): WorkerPort {
  const worker = new Worker(entry);
  worker.unref();
  return {
    pid: undefined,
    setBusy: (busy) => (busy ? worker.ref() : worker.unref()),
    send: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', listener),
    onExit: (listener) => {
      worker.on('exit', (code) => listener(`exit ${code}`));
      worker.on('error', (error: Error) => listener(error.message));
    },
    kill: () => void worker.terminate(),
  };
}

/** A worker in a child process of its own: it may crash, hang and be killed without harm to anything else. */
export function childPort(entry: URL, { execArgv = [] as readonly string[] } = {}): WorkerPort {
  const child = fork(entry, [], {
    serialization: 'advanced',
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.unref();
  child.channel?.unref();
  return {
    pid: child.pid,
    setBusy: (busy) => {
      if (busy) child.channel?.ref();
      else child.channel?.unref();
    },
    send: (message) => {
      // A child that has just died refuses with a callback error; its exit event tells the caller.
      if (child.connected) child.send(message as never, () => undefined);
    },
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => {
      child.on('error', (error) => listener(error.message));
      child.on('exit', (code, signal) => listener(signal === null ? `exit ${code ?? 'unknown'}` : `signal ${signal}`));
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

/**
 * The inside of a worker, whatever it runs in: a thread, one of Electron's utility processes (which brings a port of its
 * own), or a child process, which leaves when its parent is gone.
 */
export function parentPortOfChild(): Pick<WorkerPort, 'send' | 'onMessage'> {
  const thread = parentPort;
  if (thread !== null) {
    return {
      send: (message) => thread.postMessage(message),
      onMessage: (listener) => void thread.on('message', listener),
    };
  }
  const utility = utilityParentPort();
  if (utility !== undefined) {
    return {
      send: (message) => utility.postMessage(message),
      onMessage: (listener) => utility.on('message', (event) => listener(event.data)),
    };
  }
  process.on('disconnect', () => process.exit(0));
  return {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', listener),
  };
}

/** What Electron adds to `process` inside a utility process, seen without Electron's types. */
type UtilityParentPort = {
  readonly postMessage: (message: unknown) => void;
  readonly on: (event: 'message', listener: (event: { readonly data: unknown }) => void) => void;
};

function utilityParentPort(): UtilityParentPort | undefined {
  return (process as { readonly parentPort?: UtilityParentPort }).parentPort;
}

function goneError(reason: string): AppError {
  return new AppError('internal', `A worker process ended unexpectedly (${reason}).`, { [workerGone]: true });
}

function toWire(error: unknown): WireError {
  if (isAppError(error)) return { code: error.code, message: error.message, data: error.data };
  return { code: 'internal', message: error instanceof Error ? error.message : String(error), data: {} };
}

function fromWire({ code, message, data }: WireError): AppError {
  const known = (appErrorCodes as readonly string[]).includes(code);
  return new AppError(known ? (code as AppErrorCode) : 'internal', message, data);
}
