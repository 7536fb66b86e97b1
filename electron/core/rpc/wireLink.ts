import type { ClientContext, ClientLink } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { WebSocket as ServerSocket } from 'ws';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import type { MessagePort as NodePort } from 'node:worker_threads';

/** The calling end over a worker_threads port. */
export function nodePortLink(port: NodePort): ClientLink<ClientContext> {
  const link = new PortLink<ClientContext>({
    port: {
      on: (event, callback) => {
        port.on(event, (data: unknown) => callback({ data }));
      },
      postMessage: (data: unknown) => port.postMessage(data),
    },
  });
  port.start();
  return link;
}

/** The calling end over an open or opening socket of the `ws` package. */
export function webSocketLink(socket: ServerSocket): ClientLink<ClientContext> {
  socket.binaryType = 'arraybuffer';
  return new RPCLink<ClientContext>({ websocket: socket as unknown as WebSocket });
}
