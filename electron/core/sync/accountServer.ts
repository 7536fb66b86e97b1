import { z } from 'zod';
import { isNearbyHost } from '../../../shared/cloud/nearbyHost.ts';
import { appErrorCodeOf, knownServerErrorCode, serverErrorSchema } from '../../../shared/cloud/serverErrors.ts';
import { serverInfoSchema } from '../../../shared/cloud/wireServices.ts';
import { AppError, errorMessage } from '../../../shared/errors.ts';
import type { Device } from '../../../shared/model/sync.ts';
import { heldRequest } from './heldRequest.ts';
import type { Fetch } from './httpCloudDatabase.ts';

/** A session a server has opened for this computer. */
export interface NewSession {
  readonly token: string;
  readonly userName: string;
  readonly email: string;
  readonly name: string | null;
}

/** Whom an account is made for. */
export interface NewPerson {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  /** For a server that takes new accounts by invitation. */
  readonly invitationCode?: string | undefined;
}

/** Where a library may be mirrored to. */
export interface ServerPlace {
  /** Origin, without a slash at the end. */
  readonly server: string;
  readonly container: string;
  readonly environment: string;
}

/** The account calls of a server (docs/protocol.md, section 18). None of them is repeated by itself. */
export interface AccountServer {
  /** @throws AppError invalidInput (no address), offline, serverUnknown (something else answers there) */
  inspect(address: string): Promise<ServerPlace>;
  signUp(server: string, person: NewPerson & { readonly deviceName: string }): Promise<NewSession>;
  signIn(server: string, person: { email: string; password: string; deviceName: string }): Promise<NewSession>;
  signOut(server: string, token: string): Promise<void>;
  devices(server: string, token: string): Promise<readonly Device[]>;
  revoke(server: string, token: string, deviceID: string): Promise<void>;
}

const sessionSchema = z.looseObject({
  token: z.string().nullable(),
  user: z.looseObject({ userRecordName: z.string(), email: z.string(), name: z.string().nullish() }).optional(),
});
const devicesSchema = z.array(
  z.looseObject({
    id: z.string(),
    device: z.string().nullish(),
    createdAt: z.number(),
    expiresAt: z.number(),
    current: z.boolean(),
  }),
);

/**
 * An address as a person types it, as an origin. Plain HTTP is for servers nearby only: a password must not cross the
 * internet in the clear.
 * @throws AppError invalidInput
 */
export function serverOrigin(address: string): string {
  const text = address.trim();
  const local = isNearbyHost(/^[^/]*?(?=:\d+$|\/|$)/u.exec(text)?.[0] ?? '');
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `${local ? 'http' : 'https'}://${text}`);
  } catch (error) {
    throw new AppError('invalidInput', `"${text}" is not the address of a server.`, {}, { cause: error });
  }
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    throw new AppError('invalidInput', 'The address of a server begins with https:// and holds no password.');
  }
  if (url.protocol === 'http:' && !isNearbyHost(url.hostname)) {
    throw new AppError('invalidInput', `${url.hostname} is not on this network: its address must begin with https://.`);
  }
  return url.origin;
}

export function createAccountServer(fetch: Fetch): AccountServer {
  async function call<T>(url: string, init: RequestInit, schema: z.ZodType<T>): Promise<T> {
    let response: Response;
    try {
      response = await fetch(heldRequest(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(30_000) }));
    } catch (error) {
      throw new AppError(
        'offline',
        `The server at ${new URL(url).host} does not answer.`,
        { reason: errorMessage(error) },
        { cause: error },
      );
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) {
      const refused = serverErrorSchema.safeParse(body);
      const known = refused.success ? knownServerErrorCode(refused.data.serverErrorCode) : undefined;
      if (!refused.success || known === undefined) {
        throw new AppError('serverUnknown', `No Shoebox server answers at ${new URL(url).host}.`, {
          status: response.status,
        });
      }
      const code = known === 'EXISTS' ? 'alreadyExists' : appErrorCodeOf(known, refused.data);
      throw new AppError(code, sentence(refused.data.reason ?? known), { serverErrorCode: known });
    }
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      throw new AppError(
        'serverUnknown',
        `No Shoebox server answers at ${new URL(url).host}.`,
        {},
        { cause: parsed.error },
      );
    }
    return parsed.data;
  }
  const post = <T>(
    server: string,
    path: string,
    body: unknown,
    schema: z.ZodType<T>,
    { token, userAgent }: { readonly token?: string; readonly userAgent?: string } = {},
  ) =>
    call(
      `${server}/api/auth/${path}`,
      {
        method: 'POST',
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
        },
      },
      schema,
    );
  const session = ({ token, user }: z.infer<typeof sessionSchema>): NewSession => {
    if (token === null || user === undefined) {
      throw new AppError('notAuthenticated', 'Open the letter the server has sent to this address, then sign in.');
    }
    return { token, userName: user.userRecordName, email: user.email, name: user.name ?? null };
  };

  return {
    inspect: async (address) => {
      const server = serverOrigin(address);
      const info = await call(`${server}/shoebox/1/info`, { method: 'GET' }, serverInfoSchema);
      const [container] = info.containers;
      // A server that lets apps bring their own record types does so under `development`; a deployed schema is final.
      const environment = container?.environments.includes('development') === true ? 'development' : 'production';
      if (container === undefined) throw new AppError('serverUnknown', `The server at ${server} has no container.`);
      return { server, container: container.containerIdentifier, environment };
    },
    // The server takes no device name with a new account: it lists the session by the program that asked.
    signUp: async (server, { deviceName, ...person }) =>
      session(await post(server, 'sign-up/email', person, sessionSchema, { userAgent: headerText(deviceName) })),
    signIn: async (server, person) => session(await post(server, 'sign-in/email', person, sessionSchema)),
    signOut: async (server, token) => {
      await post(server, 'sign-out', {}, z.unknown(), { token });
    },
    devices: async (server, token) =>
      (
        await call(
          `${server}/api/auth/list-sessions`,
          { method: 'GET', headers: { authorization: `Bearer ${token}` } },
          devicesSchema,
        )
      ).map(({ id, device, createdAt, expiresAt, current }) => ({
        id,
        name: device ?? null,
        createdAt,
        expiresAt,
        current,
      })),
    revoke: async (server, token, deviceID) => {
      await post(server, 'revoke-session', { id: deviceID }, z.unknown(), { token });
    },
  };
}

/** A header holds plain characters only; a computer may be called anything. */
const headerText = (text: string): string => text.replaceAll(/[^\x20-\x7e]/gu, '?');

/** The server's reasons are written in small letters, for logs; people read sentences. */
function sentence(reason: string): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
