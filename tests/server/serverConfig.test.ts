import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseServerConfig, publicOrigin } from '../../server/config.ts';
import { parseCommand } from '../../server/commands/settings.ts';
import { startServer } from '../../server/startServer.ts';
import { quickPasswords } from '../helpers/testServer.ts';

test.each([
  'photos.example',
  'ftp://photos.example',
  'https://photos.example/shoebox',
  'https://photos.example/?a=1',
  'https://photos.example/#top',
  'https://ana:secret@photos.example',
  '',
])('"%s" is refused as the public address, with the name of the option', (publicURL) => {
  expect(() => parseServerConfig({ publicURL })).toThrow(
    /^Server setting "publicURL" is not usable: it must be the http/,
  );
});

test.each([{}, { SHOEBOX_SMTP_FROM: '' }])('a server that is to send letters has to be told from whom: %o', (from) => {
  const mail = { SHOEBOX_SMTP_URL: 'smtps://mail.example' };
  expect(() => parseCommand([], { ...mail, ...from })).toThrow(/^Server setting "smtp.from" is not usable/);
  const { config } = parseCommand([], { ...mail, SHOEBOX_SMTP_FROM: 'photos@example.org' });
  expect(config.smtp?.from).toBe('photos@example.org');
});

test.each([
  [{ publicURL: 'https://photos.example' }, 'https://photos.example'],
  [{ publicURL: 'https://Photos.example:443/' }, 'https://photos.example'],
  [{ publicURL: 'http://[fd00::1]:8787/' }, 'http://[fd00::1]:8787'],
  [{ host: '::1', port: 8787 }, 'http://[::1]:8787'],
  [{ host: '[::1]', port: 8787 }, 'http://[::1]:8787'],
  [{ host: '192.168.1.7', port: 80 }, 'http://192.168.1.7:80'],
])('addresses of a server set to %o begin with %s', (input, origin) => {
  expect(publicOrigin(parseServerConfig(input))).toBe(origin);
});

test.each([
  [{ host: '0.0.0.0' }, 1],
  [{ host: '0.0.0.0', publicURL: 'https://photos.example' }, 0],
  [{ host: '127.0.0.1' }, 0],
])('started with %o, a server warns %i times that its addresses lead nowhere', async (input, warnings) => {
  const dataFolder = await mkdtemp(join(tmpdir(), 'shoebox-config-'));
  const warned: string[] = [];
  const server = await startServer(
    { dataFolder, port: 0, ...input },
    {
      passwords: quickPasswords,
      mail: { send: async () => undefined },
      log: { info: () => undefined, warn: (_, message) => void warned.push(message), error: () => undefined },
    },
  );
  await server.stop();
  await rm(dataFolder, { recursive: true });
  expect(warned.filter((message) => message.includes('publicURL'))).toHaveLength(warnings);
});
