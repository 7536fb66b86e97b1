import type { ServerInfo } from '../../shared/cloud/wireServices.ts';
import type { Services } from '../cloud/context.ts';

export const serverVersion = '0.1.0';

/** `GET /shoebox/1/info` (section 14.1): who we are and every limit, without credentials. */
export function serverInfo(services: Services): string {
  const { config, origin } = services;
  const info: ServerInfo = {
    product: 'shoebox',
    version: serverVersion,
    protocol: 1,
    containers: config.containers.map((containerIdentifier) => ({
      containerIdentifier,
      environments: config.environments,
    })),
    features: ['bearer', 'events', 'chunks', 'rights', 'links', 'epoch', 'serverRecord'],
    login: `${origin}/login`,
    signUp: config.signUp,
    limits: config.limits,
  };
  return JSON.stringify(info);
}
