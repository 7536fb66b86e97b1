import { networkInterfaces } from 'node:os';
import { AppError } from '../shared/errors.ts';
import { startServer } from './startServer.ts';

/** The port a household's server listens on, always the same, so that its address outlives a restart. */
export const householdPort = 8787;

/**
 * "Share from this computer": a whole server inside the app, with SQLite and disk in a folder of its own, for the
 * computers of one network. It speaks plain HTTP there; whoever wants it reachable from outside runs a server of its own
 * behind a proxy with a certificate (docs/server.md).
 * @param dataFolder where accounts, records and assets lie; made when missing
 * @returns the addresses other computers reach it at, best first
 * @throws AppError alreadyExists when another program has the port
 */
export async function startHouseholdServer(
  dataFolder: string,
): Promise<{ readonly addresses: readonly string[]; readonly stop: () => Promise<void> }> {
  const addresses = localAddresses();
  const [first = '127.0.0.1'] = addresses;
  try {
    const running = await startServer(
      {
        dataFolder,
        host: '0.0.0.0',
        port: householdPort,
        publicURL: `http://${first}:${householdPort}`,
        logLevel: 'warn',
      },
      // Nobody configured a mail server: accounts work without letters, and a household hands out links itself.
      { mail: { send: () => Promise.resolve() } },
    );
    return { addresses: addresses.map((address) => `http://${address}:${householdPort}`), stop: () => running.stop() };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new AppError(
        'alreadyExists',
        `Another program on this computer uses port ${householdPort}, perhaps a Shoebox server.`,
        { port: householdPort },
        { cause: error },
      );
    }
    throw error;
  }
}

/** IPv4 addresses of this computer on its networks; the loopback address where it has none. */
function localAddresses(): readonly string[] {
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  return found.length === 0 ? ['127.0.0.1'] : found;
}
