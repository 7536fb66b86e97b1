import { MessageChannel } from 'node:worker_threads';
import type { ClientContext, ClientLink } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { WebSocket, WebSocketServer } from 'ws';
import type { RouterServer } from '../../electron/core/rpc/routerServer.ts';
import { electronPortWire, nodePortWire, webSocketWire } from '../../electron/core/rpc/wire.ts';
import { nodePortLink, webSocketLink } from '../../electron/core/rpc/wireLink.ts';
import { createElectronPorts } from './electronPorts.ts';

/** A calling end and a way to hang up. */
export type Connected = { readonly link: ClientLink<ClientContext>; readonly hangUp: () => Promise<void> };

/** A calling end whose wire a hostile peer could write to. */
export type ConnectedWire = Connected & { readonly sendRaw: (frame: unknown) => void };

type Transport<C extends Connected> = { readonly name: string; readonly connect: (server: RouterServer) => Promise<C> };

/** The transports with a wire, on which anything at all may arrive. */
export const wiredTransports: readonly Transport<ConnectedWire>[] = [
  {
    name: 'worker MessagePort',
    connect: (server) => {
      const { port1, port2 } = new MessageChannel();
      const closed = new Promise<void>((done) => {
        port1.once('close', () => done());
      });
      server.serve(nodePortWire(port1));
      return Promise.resolve({
        link: nodePortLink(port2),
        sendRaw: (frame) => port2.postMessage(frame),
        hangUp: () => {
          port2.close();
          return closed;
        },
      });
    },
  },
  {
    name: 'Electron port',
    connect: (server) => {
      const [main, page] = createElectronPorts();
      const closed = new Promise<void>((done) => {
        main.on('close', () => done());
      });
      server.serve(electronPortWire(main));
      const link = new PortLink<ClientContext>({
        port: { on: (event, callback) => void page.on(event as 'message', callback), postMessage: page.postMessage },
      });
      page.start();
      return Promise.resolve({
        link,
        sendRaw: (frame) => page.postMessage(frame),
        hangUp: () => {
          page.close();
          return closed;
        },
      });
    },
  },
  {
    name: 'WebSocket',
    connect: async (server) => {
      const listener = new WebSocketServer({ host: '127.0.0.1', port: 0 });
      await new Promise((done) => listener.once('listening', done));
      listener.on('connection', (socket) => server.serve(webSocketWire(socket)));
      const address = listener.address();
      if (address === null || typeof address === 'string') throw new Error('the listener has no port');
      const socket = new WebSocket(`ws://127.0.0.1:${address.port}`);
      await new Promise((done, fail) => {
        socket.once('open', done);
        socket.once('error', fail);
      });
      return {
        link: webSocketLink(socket),
        sendRaw: (frame) =>
          socket.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame)),
        hangUp: async () => {
          socket.terminate();
          await new Promise((done) => {
            listener.close(done);
          });
        },
      };
    },
  },
];

/** Every way a caller reaches the router. A behaviour is tested by running its test body over all of them. */
export const transports: readonly Transport<Connected>[] = [
  {
    name: 'in-process',
    connect: (server) => Promise.resolve({ link: server.link(), hangUp: () => Promise.resolve() }),
  },
  ...wiredTransports,
];
