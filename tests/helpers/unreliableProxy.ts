import { createServer, Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { freePort } from './freePort.ts';

/** How the way to the server is, for connections made from now on and what they carry. */
export interface Weather {
  /** Nothing gets through: connections are refused and open ones break. */
  readonly cut: boolean;
  /** Added to every piece that passes, each way; ms. */
  readonly latency: number;
  /** Each connection carries at most this many bytes a second, each way; null as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Chance that a connection is heard twice: the server gets every byte of it again, and what it answers is lost. */
  readonly duplicated: number;
  /** Chance that a connection breaks somewhere in its first 64 KB of answers, mostly in the middle of one. */
  readonly broken: number;
}

export const fairWeather: Weather = { cut: false, latency: 0, bytesPerSecond: null, duplicated: 0, broken: 0 };

/** What the proxy did so far, for a report: a fault that never fired proves nothing. */
export interface ProxyCounts {
  readonly connections: number;
  readonly refused: number;
  readonly cutOff: number;
  readonly duplicated: number;
  readonly broken: number;
  readonly bytes: number;
}

/** A way to a server that can be made bad. */
export interface UnreliableProxy {
  /** Where clients reach the server: its public address. */
  readonly origin: string;
  /** Where the server is to listen; free when the proxy started. */
  readonly upstreamPort: number;
  setWeather(weather: Partial<Weather>): void;
  readonly counts: ProxyCounts;
  stop(): Promise<void>;
}

/** Bytes passed on at a time when a connection is slow. */
const piece = 16_384;

/**
 * Starts a TCP proxy on 127.0.0.1 between clients and a server that may start later.
 * @param random uniform in [0, 1): decides which connections suffer
 */
export async function startUnreliableProxy(random: () => number): Promise<UnreliableProxy> {
  let weather = fairWeather;
  const counts = { connections: 0, refused: 0, cutOff: 0, duplicated: 0, broken: 0, bytes: 0 };
  const open = new Set<Socket>();
  const upstreamPort = await freePort();
  const follow = (socket: Socket): Socket => {
    open.add(socket);
    // An error is followed by 'close'; broken connections are what this is for.
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    return socket;
  };
  const toServer = (): Socket => follow(new Socket().connect({ host: '127.0.0.1', port: upstreamPort }));

  const server = createServer({ noDelay: true }, (client) => {
    follow(client);
    if (weather.cut) {
      counts.refused += 1;
      client.resetAndDestroy();
      return;
    }
    counts.connections += 1;
    const upstream = toServer();
    let echo: Socket | undefined;
    if (random() < weather.duplicated) {
      counts.duplicated += 1;
      echo = toServer();
      echo.resume();
    }
    const limit = random() < weather.broken ? Math.floor(random() * 65_536) : Number.POSITIVE_INFINITY;
    let answered = 0;
    void pass(client, upstream, echo);
    void pass(upstream, client, undefined, (bytes) => {
      answered += bytes;
      if (answered < limit) return true;
      counts.broken += 1;
      return false;
    });
    const end = (): void => {
      for (const socket of [client, upstream, echo]) socket?.destroy();
    };
    client.on('close', end);
    upstream.on('close', end);
  });

  /** Carries everything one end says to the other, in order, as slowly as the weather asks. */
  async function pass(
    from: Socket,
    to: Socket,
    echo: Socket | undefined,
    goesOn: (bytes: number) => boolean = () => true,
  ): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        const { latency, bytesPerSecond } = weather;
        if (latency > 0) await pause(latency);
        for (let at = 0; at < chunk.length; at += piece) {
          const part = chunk.subarray(at, at + piece);
          if (bytesPerSecond !== null) await pause((part.length / bytesPerSecond) * 1_000);
          counts.bytes += part.length;
          if (!goesOn(part.length)) {
            from.destroy();
            to.resetAndDestroy();
            return;
          }
          if (echo?.writable === true) echo.write(part);
          if (!to.write(part)) await drained(to);
        }
      }
      to.end();
    } catch {
      // One end went away; 'close' takes the other one along.
    }
  }

  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    upstreamPort,
    setWeather: (next) => {
      weather = { ...weather, ...next };
      if (!weather.cut) return;
      for (const socket of open) {
        counts.cutOff += 1;
        socket.resetAndDestroy();
      }
    },
    get counts() {
      return { ...counts };
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Resolves when more may be written, or nobody is there to read it. */
function drained(socket: Socket): Promise<void> {
  return new Promise((done) => {
    const go = (): void => {
      socket.off('drain', go);
      socket.off('close', go);
      done();
    };
    socket.on('drain', go);
    socket.on('close', go);
  });
}
