import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import { environments } from '../shared/cloud/wireRecords.ts';

/** Addresses handed out are this and a path: anything else in it would end up in the middle of them. */
const publicURL = z.string().refine(isOrigin, {
  message:
    'it must be the http or https origin people reach the server at, without a path, a query or a name and password, like https://photos.example',
});

/** Everything an operator may set, with defaults that make `npm run server` work with none of it. */
export const serverConfigSchema = z.strictObject({
  dataFolder: z.string().default('.shoebox/server'),
  host: z.string().default('127.0.0.1'),
  port: z.number().int().min(0).max(65535).default(8787),
  /** Origin people reach the server at; default http://<host>:<port>. */
  publicURL: publicURL.optional(),
  /** Take the client's address from X-Forwarded-For: only behind a proxy that sets it. */
  trustProxy: z.boolean().default(false),
  /**
   * How many proxies of the operator's own a request passes: the client's address is this many entries from the end of
   * X-Forwarded-For. What stands before was written by whoever sent the request.
   */
  proxyHops: z.number().int().min(1).max(10).default(1),
  containers: z
    .array(z.string().regex(/^iCloud\.[A-Za-z0-9.-]+$/))
    .min(1)
    .default(['iCloud.org.example.shoebox']),
  environments: z.array(z.enum(environments)).min(1).default(['development', 'production']),
  /** Plain protocol clients: `ckAPIToken` -> where they may be called from and where sign-in returns to. */
  clients: z
    .array(z.strictObject({ id: z.string().min(1), origins: z.array(z.string()), callbackURL: z.string().optional() }))
    .default([]),
  databaseURL: z.string().optional(),
  databasePool: z.number().int().min(1).max(200).default(10),
  s3: z
    .strictObject({
      endpoint: z.string(),
      bucket: z.string(),
      region: z.string().default('us-east-1'),
      accessKey: z.string(),
      secretKey: z.string(),
    })
    .optional(),
  signUp: z.enum(['open', 'invitation', 'closed']).default('open'),
  requireVerifiedEmail: z.boolean().default(false),
  smtp: z.strictObject({ url: z.string().min(1), from: z.string().min(1) }).optional(),
  oidc: z
    .strictObject({
      issuer: z.string(),
      clientID: z.string(),
      clientSecret: z.string(),
      name: z.string().default('single sign-on'),
    })
    .optional(),
  sessionDays: z.number().positive().default(90),
  quotaBytes: z
    .number()
    .int()
    .positive()
    .default(1024 ** 4),
  tombstoneDays: z.number().positive().default(365),
  longPollSeconds: z.number().min(0).max(120).default(45),
  /** Bearer token for /metrics; without one only this machine is answered, and nothing that came through a proxy. */
  metricsToken: z.string().min(16).optional(),
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  rateLimits: z
    .strictObject({
      /**
       * Tries to sign in to one account from one network address in 15 minutes; a success clears them. Twenty times as many
       * from one address over all accounts, which nothing clears. Of IPv6 the first 64 bits are one address.
       */
      signIn: z.number().int().positive().default(20),
      /** Wrong link secrets or passwords per person in 15 minutes. */
      linkTries: z.number().int().positive().default(30),
      /**
       * Letters (verification, reset, invitations) to one address in an hour; twenty times as many invitations by one person,
       * and as many letters asked for from one network address.
       */
      mail: z.number().int().positive().default(10),
      signUpsPerAddress: z.number().int().positive().default(100),
      accessRequests: z.number().int().positive().default(30),
      discover: z.number().int().positive().default(600),
    })
    .prefault({}),
  limits: z
    .strictObject({
      operations: z.number().int().positive().default(200),
      records: z.number().int().positive().default(200),
      requestBytes: z
        .number()
        .int()
        .positive()
        .default(2 * 1024 ** 2),
      recordBytes: z
        .number()
        .int()
        .positive()
        .default(1024 ** 2),
      assetTokens: z.number().int().positive().default(200),
      assetBytes: z
        .number()
        .int()
        .positive()
        .default(5 * 1024 ** 3),
      chunkBytes: z
        .number()
        .int()
        .positive()
        .default(8 * 1024 ** 2),
      zonesPerDatabase: z.number().int().positive().default(1000),
      participantsPerShare: z.number().int().positive().default(100),
    })
    .prefault({}),
});

export type ServerConfig = z.infer<typeof serverConfigSchema>;
export type ServerConfigInput = z.input<typeof serverConfigSchema>;

/**
 * Fills in defaults.
 * @throws AppError invalidInput naming the setting that is wrong
 */
export function parseServerConfig(input: ServerConfigInput = {}): ServerConfig {
  const result = serverConfigSchema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new AppError(
    'invalidInput',
    `Server setting "${issue?.path.join('.') ?? '?'}" is not usable: ${issue?.message ?? 'unknown reason'}.`,
  );
}

/** The origin in every address the server hands out, without a slash at the end. */
export function publicOrigin(config: Pick<ServerConfig, 'publicURL' | 'host' | 'port'>): string {
  if (config.publicURL !== undefined) return new URL(config.publicURL).origin;
  const isBareIPv6 = config.host.includes(':') && !config.host.startsWith('[');
  return `http://${isBareIPv6 ? `[${config.host}]` : config.host}:${config.port}`;
}

/** True when the server listens on every interface and nobody said by what name: the addresses it hands out lead nowhere. */
export function lacksPublicURL(config: Pick<ServerConfig, 'publicURL' | 'host'>): boolean {
  return config.publicURL === undefined && ['', '0.0.0.0', '::', '[::]'].includes(config.host);
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  return (
    (protocol === 'http:' || protocol === 'https:') && pathname === '/' && username + password + search + hash === ''
  );
}
