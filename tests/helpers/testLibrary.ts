import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { createLibraryApp, type LibraryApp } from '../../electron/core/app.ts';
import type { HostPlatform } from '../../electron/core/host.ts';
import { createRouterServer } from '../../electron/core/rpc/routerServer.ts';
import type { Contract } from '../../shared/contract/contract.ts';
import { AppError } from '../../shared/errors.ts';

/** A real library in a temporary folder, asked through the contract as a shell would ask it. */
export interface TestLibrary {
  readonly directory: string;
  readonly app: LibraryApp;
  readonly client: ContractRouterClient<Contract>;
  readonly host: TestHost;
  /** Closes the library and opens it again from its files, as after a restart. */
  reopen(): Promise<TestLibrary>;
  dispose(): Promise<void>;
}

/** A host that does nothing outside the test and remembers what it was asked. */
export interface TestHost extends HostPlatform {
  readonly trashed: readonly string[];
  readonly notifications: readonly string[];
  readonly opened: readonly string[];
  readonly drags: readonly { readonly files: readonly string[]; readonly icon: Uint8Array | null }[];
  readonly libraries: readonly string[];
}

/** A host for tests: no dialogs, a keychain in memory, and a trash that only notes the path. */
export function createTestHost(): TestHost {
  const trashed: string[] = [];
  const notifications: string[] = [];
  const opened: string[] = [];
  const drags: { files: readonly string[]; icon: Uint8Array | null }[] = [];
  const libraries: string[] = [];
  const secrets = new Map<string, string>();
  const lacking = () => Promise.reject(new AppError('notSupported', 'A test has no dialogs.'));
  return {
    trashed,
    notifications,
    opened,
    drags,
    libraries,
    capabilities: {
      shell: 'test',
      chooseFolder: false,
      browseFolders: true,
      reveal: true,
      systemTrash: true,
      dragOut: true,
      switchLibrary: true,
      openExternal: true,
      notifications: true,
      keychain: 'none',
      hostServer: true,
    },
    keychain: {
      kind: 'none',
      get: (key) => Promise.resolve(secrets.get(key)),
      set: (key, value) => Promise.resolve(void secrets.set(key, value)),
      delete: (key) => Promise.resolve(void secrets.delete(key)),
    },
    chooseFolder: lacking,
    reveal: (path) => Promise.resolve(void opened.push(path)),
    openPath: (path) => Promise.resolve(void opened.push(path)),
    moveToTrash: (path) => Promise.resolve(void trashed.push(path)),
    startDrag: (files, icon) => Promise.resolve(void drags.push({ files, icon })),
    editText: () => lacking(),
    openLibrary: (directory) => Promise.resolve(void libraries.push(directory)),
    notify: ({ title }) => void notifications.push(title),
    openURL: (url) => Promise.resolve(void opened.push(url)),
  };
}

/** Opens a new library, or the one in `directory`, whose folder then stays when the library is disposed of. */
export async function openTestLibrary({
  directory,
  host = createTestHost(),
  now,
  remove = directory === undefined,
}: { directory?: string; host?: TestHost; now?: () => number; remove?: boolean } = {}): Promise<TestLibrary> {
  const place = directory ?? mkdtempSync(join(tmpdir(), 'shoebox-library-'));
  const app = await createLibraryApp({
    directory: place,
    version: '0.0.0-test',
    platform: process.platform,
    host,
    ...(now === undefined ? {} : { now }),
  });
  const server = createRouterServer(app.router, {
    newLogId: () => 'test',
    logFailure: ({ procedure, error }) => console.error(procedure, error),
  });
  const client = createORPCClient<ContractRouterClient<Contract>>(server.link());
  const close = async () => {
    server.dispose();
    await app.dispose();
  };
  return {
    directory: place,
    app,
    client,
    host,
    reopen: async () => {
      await close();
      return openTestLibrary({ directory: place, host, remove, ...(now === undefined ? {} : { now }) });
    },
    dispose: async () => {
      await close();
      if (remove) rmSync(place, { recursive: true, force: true });
    },
  };
}
