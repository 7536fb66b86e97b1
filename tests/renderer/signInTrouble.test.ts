import { describe, expect, it } from 'vitest';
import { createTranslate } from '../../renderer/data/messages.ts';
import { signInTrouble } from '../../renderer/features/sync/signInTrouble.ts';

const t = createTranslate(['en']);
const server = 'https://photos.example';
const email = 'ana@example.org';

describe('what was typed to sign in', () => {
  it.each(['https://photos.example', ' photos.example ', '192.168.1.2:8787', 'http://nas.local:8787/', 'localhost'])(
    'the server may be given as %s',
    (typed) => {
      expect(signInTrouble(t, { server: typed, email })).toBeNull();
    },
  );

  it.each(['two words', 'ftp://photos.example', 'https://', 'ana@example.org', 'https://ana:secret@photos.example'])(
    '%s is no server, and nobody is asked',
    (typed) => {
      expect(signInTrouble(t, { server: typed, email })).toBe(`“${typed}” is not the address of a server.`);
    },
  );

  it.each(['ab', 'ana', 'ana@example', 'ana @example.org', '@example.org'])(
    '%s is no e-mail address, said as the share sheet says it',
    (typed) => {
      expect(signInTrouble(t, { server, email: typed })).toBe(`“${typed}” is not an e-mail address.`);
    },
  );

  it('spaces around what is right do not matter', () => {
    expect(signInTrouble(t, { server: ` ${server} `, email: ` ${email} ` })).toBeNull();
  });
});
