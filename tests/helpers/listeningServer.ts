import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A server of a test at a free port of this machine. */
export interface ListeningServer {
  readonly url: string;
  /** Every connection it has had, in the order they came. */
  readonly connections: readonly Socket[];
  close(): Promise<unknown>;
}

/** Lets a server listen, and ends it with its connections: a client that keeps one would keep it from closing. */
export async function listeningServer(server: Server): Promise<ListeningServer> {
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
