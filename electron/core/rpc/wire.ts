import type { MessagePort as NodePort } from 'node:worker_threads';
import type { WebSocket as ServerSocket } from 'ws';

/** What travels: text, or text followed by bytes. Structured clone is not relied on, so every wire behaves alike. */
export type Frame = string | ArrayBufferLike | Uint8Array;

/** The least a transport must do. Ordered, whole frames, both directions; nothing else is asked of it. */
export type Wire = {
  readonly send: (frame: Frame) => void;
  /** The listener receives whatever arrived, unchecked: a hostile peer may post anything a clone can carry. */
  readonly onFrame: (listener: (frame: unknown) => void) => void;
  readonly onClose: (listener: () => void) => void;
  readonly close: () => void;
};

/** A worker_threads port. Listening starts it. */
export function nodePortWire(port: NodePort): Wire {
  return {
    send: (frame) => port.postMessage(frame),
    onFrame: (listener) => {
      port.on('message', listener);
      port.start();
    },
    onClose: (listener) => {
      port.on('close', listener);
    },
    close: () => port.close(),
  };
}

/** The part of Electron's MessagePortMain that is used, so that this file, and its tests, need no Electron. */
export type ElectronPortLike = {
  readonly postMessage: (message: unknown) => void;
  readonly on: ((event: 'message', listener: (event: { readonly data: unknown }) => void) => unknown) &
    ((event: 'close', listener: () => void) => unknown);
  readonly start: () => void;
  readonly close: () => void;
};

/**
 * The main-process end of an Electron port. Frames are never transferred: MessagePortMain drops a message with an
 * ArrayBuffer in its transfer list without a word (electron#37157).
 */
export function electronPortWire(port: ElectronPortLike): Wire {
  return {
    send: (frame) => port.postMessage(frame),
    onFrame: (listener) => {
      port.on('message', (event) => listener(event.data));
      port.start();
    },
    onClose: (listener) => {
      port.on('close', listener);
    },
    close: () => port.close(),
  };
}

/** A socket of the `ws` package, either end. Text arrives as text, bytes as one ArrayBuffer. */
export function webSocketWire(socket: ServerSocket): Wire {
  socket.binaryType = 'arraybuffer';
  return {
    send: (frame) => {
      if (socket.readyState === socket.OPEN) socket.send(frame);
    },
    onFrame: (listener) => {
      socket.on('message', (data, isBinary) => listener(isBinary ? data : textOf(data)));
    },
    onClose: (listener) => {
      socket.on('close', listener);
    },
    close: () => socket.close(),
  };
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}
