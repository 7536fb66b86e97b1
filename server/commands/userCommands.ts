import { AppError } from '../../shared/errors.ts';
import { addPerson, findPerson } from '../accounts/people.ts';
import { issueSession, revokeSessions } from '../accounts/sessions.ts';
import { inviteToSignUp } from '../accounts/signUp.ts';
import type { Services } from '../cloud/context.ts';
import { withContainer } from './openServices.ts';
import type { CommandOutput } from './runCommand.ts';
import { numberOf } from './settings.ts';
import type { ParsedCommand } from './settings.ts';

/** `user add|list|disable|enable|quota|token|invite` */
export async function userCommand(command: ParsedCommand, output: CommandOutput): Promise<number> {
  const [, verb, email] = command.words;
  const print = (text: string): void => void output.out.write(`${text}\n`);
  const needEmail = (): string => {
    if (email === undefined) throw new AppError('invalidInput', `"user ${verb}" needs an e-mail address.`);
    return email;
  };
  return withContainer(command.config, async ({ services }) => {
    switch (verb) {
      case 'add':
        print(await add(services, command, needEmail()));
        return 0;
      case 'list':
        for (const line of await list(services)) print(line);
        return 0;
      case 'disable':
      case 'enable':
        await setDisabled(services, needEmail(), verb === 'disable');
        return 0;
      case 'quota':
        await setQuota(services, command, needEmail());
        return 0;
      case 'token':
        print(await token(services, needEmail()));
        return 0;
      case 'invite':
        print(await inviteToSignUp(services, email));
        return 0;
      default:
        throw new AppError('invalidInput', 'user knows: add, list, disable, enable, quota, token, invite.');
    }
  });
}

async function add(services: Services, command: ParsedCommand, email: string): Promise<string> {
  const password = command.options['password-stdin'] === true || !process.stdin.isTTY ? await firstLine() : undefined;
  if (password === undefined || password === '') {
    throw new AppError('invalidInput', 'Give the password on standard input: echo "…" | shoebox-server user add …');
  }
  const name = command.options['name'];
  return addPerson(services, {
    email,
    name: typeof name === 'string' ? name : (email.split('@')[0] ?? email),
    password,
    emailVerified: command.options['verified'] === true,
    discoverable: command.options['discoverable'] === true,
  });
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const part of process.stdin) {
    text += String(part);
    if (text.includes('\n')) break;
  }
  return text.split(/\r?\n/)[0] ?? '';
}

async function list(services: Services): Promise<string[]> {
  const rows = await services.database.read((sql) =>
    sql.all<{
      id: string;
      name: string;
      email: string;
      email_verified: number;
      disabled_at: number | null;
      bytes: number | null;
    }>(
      `SELECT u.id, u.name, u.email, u.email_verified, u.disabled_at, (SELECT sum(o.bytes) FROM owners o WHERE o.user_name = u.id) AS bytes
         FROM users u ORDER BY u.email`,
    ),
  );
  return rows.map((row) =>
    JSON.stringify({
      userRecordName: row.id,
      name: row.name,
      email: row.email,
      emailVerified: row.email_verified === 1,
      disabled: row.disabled_at !== null,
      bytes: row.bytes ?? 0,
    }),
  );
}

async function setDisabled(services: Services, email: string, disabled: boolean): Promise<void> {
  const person = await services.database.read((sql) => findPerson(sql, email));
  await services.database.write((sql) =>
    sql.run('UPDATE users SET disabled_at = ? WHERE id = ?', [disabled ? services.clock() : null, person.id]),
  );
  if (disabled) await revokeSessions(services.database, person.id);
}

/** What is not named stays as it is; `default` gives the server's own limit back. */
async function setQuota(services: Services, command: ParsedCommand, email: string): Promise<void> {
  const person = await services.database.read((sql) => findPerson(sql, email));
  const limits = [
    ['quota_bytes', limitOption(command, 'bytes')],
    ['quota_zones', limitOption(command, 'zones')],
  ] as const;
  if (limits.every(([, limit]) => limit === undefined)) {
    throw new AppError('invalidInput', '"user quota" needs --bytes N, --zones N or both; N may be "default".');
  }
  await services.database.write(async (sql) => {
    for (const [column, limit] of limits) {
      if (limit !== undefined) await sql.run(`UPDATE users SET ${column} = ? WHERE id = ?`, [limit, person.id]);
    }
  });
}

/** @returns null for the server's default, undefined where nothing is said */
function limitOption(command: ParsedCommand, name: 'bytes' | 'zones'): number | null | undefined {
  const text = stringOption(command, name);
  return text === 'default' ? null : numberOf(name, text);
}

async function token(services: Services, email: string): Promise<string> {
  const now = services.clock();
  const session = await services.database.write(async (sql) => {
    const person = await findPerson(sql, email);
    return issueSession(
      sql,
      { random: services.random, now },
      {
        userName: person.id,
        kind: 'device',
        lifetimeMs: services.config.sessionDays * 86_400_000,
        userAgent: 'shoebox-server user token',
      },
    );
  });
  return session.token;
}

export function stringOption(command: ParsedCommand, name: string): string | undefined {
  const value = command.options[name];
  return typeof value === 'string' ? value : undefined;
}
