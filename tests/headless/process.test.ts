import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { windowObstacle } from '../../build/electronBinary.ts';
import { jsonLines, shoebox, startHeadless } from '../helpers/program.ts';
import type { Headless } from '../helpers/program.ts';

const root = join(import.meta.dirname, '..', '..');
const noWindow = windowObstacle(process.platform, process.env, process.getuid?.()) !== undefined;

describe.runIf(noWindow && process.platform !== 'win32')('npm start (needs a machine without a desktop)', () => {
  it('ends the app when npm is asked to end, though npm tells only its shell', async () => {
    const home = mkdtempSync(join(tmpdir(), 'shoebox-start-'));
    const library = join(home, 'library');
    const start = `"${process.execPath}" build/start.ts --library "${library}"; true`;
    const env = { PATH: process.env['PATH'], HOME: home };
    const shell = spawn('sh', ['-c', start], { cwd: root, env, stdio: ['ignore', 'pipe', 'ignore'] });
    let out = '';
    shell.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    // The pipe stays open as long as anything the shell has started writes to it.
    const closed = once(shell.stdout, 'close');
    await vi.waitFor(() => expect(out).toContain('READY:'), { timeout: 60_000, interval: 100 });
    shell.kill('SIGTERM');
    await closed;
    expect(existsSync(join(library, 'endpoint.json'))).toBe(false);
    rmSync(home, { recursive: true, force: true });
  });
});

/** The browser shell as its own process on a real library. */
describe('the browser shell', () => {
  let home: string;
  let library: string;
  let shell: Headless;
  let cookie: string;
  const endpointPath = (): string => join(library, 'endpoint.json');

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'shoebox-headless-'));
    library = join(home, 'library');
    await sharp({ create: { width: 64, height: 48, channels: 3, background: 'teal' } })
      .jpeg()
      .toFile(join(home, 'teal.jpg'));
    shell = await startHeadless(home, library);
    const answer = await fetch(shell.startURL, { redirect: 'manual' });
    cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  });
  afterAll(async () => {
    await shell.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('prints READY with its port, then an address on 127.0.0.1, and never the long-lived token', () => {
    const endpoint: { port: number; token: string; pid: number } = JSON.parse(readFileSync(endpointPath(), 'utf8'));
    expect(shell.startURL).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${shell.port}/start\\?token=`, 'u'));
    expect([endpoint.port, endpoint.pid]).toEqual([shell.port, shell.child.pid]);
    expect(shell.startURL).not.toContain(endpoint.token);
  });

  it.runIf(process.platform === 'linux')(
    'listens on 127.0.0.1 and on nothing else (read from /proc, so on Linux)',
    () => {
      const rows = readFileSync('/proc/net/tcp', 'utf8')
        .split('\n')
        .concat(readFileSync('/proc/net/tcp6', 'utf8').split('\n'));
      const port = shell.port.toString(16).toUpperCase().padStart(4, '0');
      const listening = rows
        .map((row) => row.trim().split(/\s+/u))
        .filter((row) => row[3] === '0A' && row[1]?.endsWith(`:${port}`) === true);
      expect(listening.map((row) => row[1])).toEqual([`0100007F:${port}`]);
    },
  );

  it.runIf(process.getuid?.() === 0)('keeps its endpoint file from other users (needs root to become one)', () => {
    expect(statSync(endpointPath()).mode & 0o777).toBe(0o600);
    const other = spawnSync('cat', [endpointPath()], { uid: 65_534, gid: 65_534 });
    expect(other.status).not.toBe(0);
  });

  it('serves the page, with its rules', async () => {
    const page = await fetch(`http://127.0.0.1:${shell.port}/`, { headers: { cookie } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('answers the command line for the library it has open, and gives it pictures by id', async () => {
    const imported = await shoebox(home, 'import', join(home, 'teal.jpg'), '--library', library, '--json');
    expect([imported.code, jsonLines(imported.out)[0]]).toMatchObject([0, { imported: 1 }]);
    const [photo] = jsonLines((await shoebox(home, 'list', 'photos', '--library', library, '--json')).out);
    const picture = await fetch(`http://127.0.0.1:${shell.port}/media/${String(photo?.['id'])}/thumb`, {
      headers: { cookie },
    });
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const facts = await sharp(Buffer.from(await picture.arrayBuffer())).metadata();
    expect([facts.width, facts.height]).toEqual([64, 48]);
    const original = await fetch(`http://127.0.0.1:${shell.port}/media/${String(photo?.['id'])}/original`, {
      headers: { cookie },
    });
    expect(Buffer.from(await original.arrayBuffer()).equals(readFileSync(join(home, 'teal.jpg')))).toBe(true);
  });

  it('leaves work on the library’s own files to a command that has it alone', async () => {
    const { code, err } = await shoebox(home, 'doctor', '--library', library);
    expect([code, err]).toEqual([1, 'This library is open in another Shoebox. Close it first, then try again.\n']);
  });

  it('started again for the same library, points to the one that runs, with a fresh address', async () => {
    const { code, out } = await shoebox(home, 'headless', '--library', library);
    const [ready, address] = out.trim().split('\n');
    expect([code, ready]).toEqual([0, `READY:${shell.port}`]);
    expect(address).not.toBe(shell.startURL);
    expect((await fetch(address ?? '', { redirect: 'manual' })).status).toBe(303);
  });

  it('removes its endpoint file when it ends, and lets go of the library', async () => {
    const own = join(home, 'short');
    const short = await startHeadless(home, own);
    expect(existsSync(join(own, 'endpoint.json'))).toBe(true);
    expect(await short.stop()).toBe(0);
    expect(existsSync(join(own, 'endpoint.json'))).toBe(false);
    expect((await shoebox(home, 'doctor', '--library', own)).code).toBe(0);
  });

  it('that was killed leaves a file that misleads nobody', async () => {
    const own = join(home, 'killed');
    const killed = await startHeadless(home, own);
    const ended = new Promise((done) => {
      killed.child.once('close', done);
    });
    killed.child.kill('SIGKILL');
    await ended;
    expect(existsSync(join(own, 'endpoint.json'))).toBe(true);
    expect(await shoebox(home, 'list', 'photos', '--library', own)).toMatchObject({ code: 0, out: '' });
  });

  it.each([
    [['--port', 'x'], 2, '--port needs a number'],
    [['--odd'], 2, '--odd'],
    [['--library', ''], 2, 'needs the name of a folder'],
  ])('%j is not understood', async (flags, expected, words) => {
    const { code, err } = await shoebox(home, 'headless', ...flags);
    expect([code, err]).toEqual([expected, expect.stringContaining(words)]);
  });

  it('a damaged endpoint file is no endpoint', async () => {
    const own = join(home, 'damaged');
    const running = await startHeadless(home, own);
    writeFileSync(join(own, 'endpoint.json'), '{"port":1}');
    const { code, err } = await shoebox(home, 'list', 'photos', '--library', own);
    expect([code, err]).toEqual([1, expect.stringContaining('already open')]);
    await running.stop();
  });
});
