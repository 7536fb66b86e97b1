import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createMail } from '../../server/mail.ts';

/** A small SMTP server on a real socket (RFC 5321, with AUTH PLAIN): says what was handed to it. */
async function startPostOffice({ refuse = '' } = {}) {
  const said: string[] = [];
  const letters: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let data: string | undefined;
    let rest = '';
    socket.write('220 post office\r\n');
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString('utf8');
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        socket.write(answer(line));
      }
    });
    const answer = (line: string): string => {
      if (data !== undefined) {
        if (line !== '.') {
          data += `${line}\n`;
          return '';
        }
        letters.push(data);
        data = undefined;
        return '250 taken\r\n';
      }
      said.push(line);
      const verb = line.split(' ')[0]?.toUpperCase() ?? '';
      if (verb === refuse) return '550 no such mailbox\r\n';
      if (verb === 'EHLO') return '250-post office\r\n250 AUTH PLAIN\r\n';
      if (verb === 'AUTH') return '235 welcome\r\n';
      if (verb === 'QUIT') return '221 bye\r\n';
      if (verb !== 'DATA') return '250 ok\r\n';
      data = '';
      return '354 go on\r\n';
    };
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    said,
    letters,
    url: `smtp://shoebox:secret@127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

let office: Awaited<ReturnType<typeof startPostOffice>>;
afterEach(() => office.stop());

test('a letter reaches the mail server with its sender, reader, subject and text', async () => {
  office = await startPostOffice();
  const mail = createMail({ url: office.url, from: 'Shoebox <shoebox@example.org>' });
  await mail.send({
    to: 'ana@example.org',
    subject: 'Confirm your address',
    text: 'Open this link:\nhttps://x.test/1\n',
  });
  expect(office.said).toContain(`AUTH PLAIN ${Buffer.from('\0shoebox\0secret').toString('base64')}`);
  expect(office.said).toContain('MAIL FROM:<shoebox@example.org>');
  expect(office.said).toContain('RCPT TO:<ana@example.org>');
  expect(office.letters).toHaveLength(1);
  expect(office.letters[0]).toMatch(/^Subject: Confirm your address$/m);
  expect(office.letters[0]).toMatch(/^https:\/\/x\.test\/1$/m);
});

test('a subject with a line break in it cannot add a header', async () => {
  office = await startPostOffice();
  const mail = createMail({ url: office.url, from: 'shoebox@example.org' });
  await mail.send({ to: 'ana@example.org', subject: 'Hello\r\nBcc: eve@example.org', text: 'Hello.' });
  expect(office.said.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<ana@example.org>']);
  expect(office.letters[0]).not.toMatch(/^Bcc:/m);
});

test('a mailbox the mail server does not know is an error for whoever wanted to send', async () => {
  office = await startPostOffice({ refuse: 'RCPT' });
  const mail = createMail({ url: office.url, from: 'shoebox@example.org' });
  await expect(mail.send({ to: 'nobody@example.org', subject: 'Hello', text: 'Hello.' })).rejects.toThrow(
    /no such mailbox|recipients were rejected/i,
  );
  expect(office.letters).toEqual([]);
});
