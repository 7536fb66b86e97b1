import type { Account } from '../../shared/model/sync.ts';
import type { CliCommand, CliContext, FlagValues } from './command.ts';
import { readPassword } from './secretInput.ts';
import { UsageError } from './usageError.ts';

function text(flags: FlagValues, name: string): string {
  const value = flags[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`Say which with --${name}.`);
  return value;
}

function print({ output }: CliContext, account: Account | null): void {
  if (account === null) output.record({ state: 'none' }, 'This library has no account.');
  else output.record({ ...account }, `${account.email}\t${account.server}\t${account.state}`);
}

/** `account sign-up|sign-in|sign-out|status|devices|revoke` */
export const accountCommands: readonly CliCommand[] = [
  {
    name: 'account sign-up',
    usage: '--server URL --email E --name N [--code CODE]',
    summary: 'make an account on a server and mirror this library to it (password from a prompt or standard input)',
    details: ['--code is what the operator of a server gives out that takes new accounts by invitation.'],
    flags: {
      server: { type: 'string' },
      email: { type: 'string' },
      name: { type: 'string' },
      code: { type: 'string' },
    },
    run: async (context, _args, flags) => {
      const person = {
        server: text(flags, 'server'),
        email: text(flags, 'email'),
        name: text(flags, 'name'),
        ...(flags['code'] === undefined ? {} : { invitationCode: text(flags, 'code') }),
      };
      const password = await readPassword('New password');
      const { client } = await context.core();
      print(context, await client.account.signUp({ ...person, password }));
      return true;
    },
  },
  {
    name: 'account sign-in',
    usage: '--server URL --email E [--take-over]',
    summary: 'mirror this library to an account; --take-over when it belonged to another one',
    flags: { server: { type: 'string' }, email: { type: 'string' }, 'take-over': { type: 'boolean' } },
    run: async (context, _args, flags) => {
      const person = { server: text(flags, 'server'), email: text(flags, 'email') };
      const password = await readPassword('Password');
      const { client } = await context.core();
      const otherAccount = flags['take-over'] === true ? { otherAccount: 'merge' as const } : {};
      print(context, await client.account.signIn({ ...person, password, ...otherAccount }));
      return true;
    },
  },
  {
    name: 'account sign-out',
    usage: '[--keep-unsent]',
    summary: 'end this computer’s session; changes the server lacks stay here with --keep-unsent',
    flags: { 'keep-unsent': { type: 'boolean' } },
    run: async (context, _args, flags) => {
      const { client } = await context.core();
      await client.account.signOut(flags['keep-unsent'] === true ? { unsent: 'keep' } : {});
      print(context, await client.account.get({}));
      return true;
    },
  },
  {
    name: 'account status',
    usage: '',
    summary: 'the account of this library',
    flags: {},
    run: async (context) => {
      const { client } = await context.core();
      print(context, await client.account.get({}));
      return true;
    },
  },
  {
    name: 'account devices',
    usage: '',
    summary: 'computers that are signed in to the account',
    flags: {},
    run: async (context) => {
      const { client } = await context.core();
      for (const device of await client.account.devices({})) {
        const since = new Date(device.createdAt).toISOString();
        const name = device.name ?? 'a program that gave no name';
        context.output.record({ ...device }, `${device.id}\t${name}\t${since}${device.current ? '\tthis one' : ''}`);
      }
      return true;
    },
  },
  {
    name: 'account revoke',
    usage: 'DEVICE',
    summary: 'end another computer’s session',
    flags: {},
    run: async (context, args) => {
      const [id] = args;
      if (id === undefined || args.length > 1)
        throw new UsageError('Name one device, as `account devices` lists them.');
      const { client } = await context.core();
      await client.account.revokeDevice({ id });
      context.output.record({ revoked: id }, `${id} is signed out.`);
      return true;
    },
  },
];
