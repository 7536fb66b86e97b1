import { networkInterfaces } from 'node:os';
import { isNearbyHost } from '../shared/cloud/nearbyHost.ts';
import { AppError } from '../shared/errors.ts';
import { startServer } from './startServer.ts';
import { systemCode } from '../shared/disk/systemCode.ts';

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
  const addresses = householdAddresses(networkInterfaces());
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
    if (systemCode(error) === 'EADDRINUSE') {
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

type Interfaces = Readonly<
  Record<
    string,
    readonly { readonly address: string; readonly family: string; readonly internal: boolean }[] | undefined
  >
>;

/**
 * IPv4 addresses of this computer on its networks; the loopback address where it has none. First those that every Shoebox
 * takes without a certificate: links name the first one.
 */
export function householdAddresses(interfaces: Interfaces): readonly string[] {
  const found = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  if (found.length === 0) return ['127.0.0.1'];
  return [...found.filter(isNearbyHost), ...found.filter((address) => !isNearbyHost(address))];
}
