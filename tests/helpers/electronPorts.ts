import type { ElectronPortLike } from '../../electron/core/rpc/wire.ts';

type Listener = (event: { readonly data: unknown }) => void;

/**
 * Two ends of a port that behaves like Electron's MessagePortMain: messages are cloned, queue until `start()`, arrive as
 * `{data}` on a later turn, and closing either end closes both.
 */
export function createElectronPorts(): readonly [ElectronPortLike, ElectronPortLike] {
  const left = createEnd();
  const right = createEnd();
  left.join(right);
  right.join(left);
  return [left.port, right.port];
}

type End = {
  readonly port: ElectronPortLike;
  readonly join: (peer: End) => void;
  readonly receive: (data: unknown) => void;
  readonly shut: () => void;
};

function createEnd(): End {
  const messageListeners: Listener[] = [];
  const closeListeners: (() => void)[] = [];
  const waiting: unknown[] = [];
  let started = false;
  let open = true;
  let other: End | undefined;
  const deliver = (data: unknown): void => {
    setImmediate(() => {
      if (open) for (const listener of messageListeners) listener({ data });
    });
  };
  const shut = (): void => {
    if (!open) return;
    open = false;
    setImmediate(() => closeListeners.forEach((listener) => listener()));
  };
  function on(event: 'message' | 'close', listener: Listener | (() => void)): void {
    if (event === 'message') messageListeners.push(listener);
    else closeListeners.push(listener as () => void);
  }
  return {
    port: {
      postMessage: (data) => {
        if (open) other?.receive(structuredClone(data));
      },
      on,
      start: () => {
        started = true;
        for (const data of waiting.splice(0)) deliver(data);
      },
      close: () => {
        shut();
        other?.shut();
      },
    },
    join: (peer) => {
      other = peer;
    },
    receive: (data) => {
      if (started) deliver(data);
      else waiting.push(data);
    },
    shut,
  };
}
