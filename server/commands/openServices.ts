import { randomBytes } from 'node:crypto';
import { findArgon2 } from '../accounts/argon2.ts';
import { createArgon2Passwords } from '../accounts/passwords.ts';
import type { ContainerServer } from '../containerServer.ts';
import { createLog } from '../log.ts';
import { createMail } from '../mail.ts';
import { containerOver, openParts } from '../startServer.ts';
import type { ServerConfig } from '../config.ts';

/** Runs work on the configured database and storage, beside a server that may be running; closes them again. */
export async function withContainer<T>(
  config: ServerConfig,
  work: (container: ContainerServer) => Promise<T>,
): Promise<T> {
  const log = createLog('error');
  const random = (bytes: number): Uint8Array => randomBytes(bytes);
  const container = await containerOver(
    {
      clock: Date.now,
      random,
      passwords: createArgon2Passwords(random, await findArgon2()),
      mail: createMail(config.smtp),
      log,
      config,
    },
    await openParts(config, log),
  );
  try {
    return await work(container);
  } finally {
    await container.dispose();
  }
}
