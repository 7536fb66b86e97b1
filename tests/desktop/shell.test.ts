import { EventEmitter } from 'node:events';
import { mkdtempSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rectangle } from 'electron';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { argumentsForAnother, desktopLibrary } from '../../electron/desktop/desktopLibrary.ts';
import { openKeychain } from '../../electron/desktop/keychain.ts';
import { openLibraryChoice } from '../../electron/desktop/libraryChoice.ts';
import { appScheme, serveAppProtocol } from '../../electron/desktop/mediaProtocol.ts';
import { acceleratorOf, menuTemplate } from '../../electron/desktop/menu.ts';
import { servePorts } from '../../electron/desktop/rpcPort.ts';
import { startUpdates } from '../../electron/desktop/updates.ts';
import { readWindowState, writeWindowState } from '../../electron/desktop/windowState.ts';
import { commands } from '../../shared/commands.ts';
import { createHost } from '../helpers/desktopHost.ts';
import { createElectronPorts } from '../helpers/electronPorts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shoebox-desktop-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('handing over the port', () => {
  function createHandOver(developmentOrigin?: string) {
    const ipc = new EventEmitter();
    const served: unknown[] = [];
    const denials: string[] = [];
    servePorts(
      { on: ipc.on.bind(ipc) } as never,
      { serve: (wire) => void served.push(wire) },
      (denial) => void denials.push(denial),
      developmentOrigin,
    );
    const ask = (senderFrame: unknown, portCount = 1): void => {
      const ports = Array.from({ length: portCount }, () => createElectronPorts()[0]);
      ipc.emit('shoebox:port', { senderFrame, ports });
    };
    return { served, denials, ask };
  }

  it('serves the top frame of our own page', () => {
    const { served, denials, ask } = createHandOver();
    ask({ url: 'app://shoebox/index.html', parent: null });
    expect([served.length, denials]).toEqual([1, []]);
  });

  it.each([
    ['a page of another origin', { url: 'https://evil.example/', parent: null }],
    ['a page that only starts like ours', { url: 'app://shoebox.evil/', parent: null }],
    ['a picture’s address', { url: 'app://media/p1/thumb', parent: null }],
    ['a frame inside our page', { url: 'app://shoebox/', parent: {} }],
    ['a file', { url: 'file:///app/index.html', parent: null }],
    ['an unreadable address', { url: '', parent: null }],
    ['a frame that is gone', null],
    ['the development server of a packaged app', { url: 'http://localhost:5173/', parent: null }],
  ])('refuses and counts %s', (_what, frame) => {
    const { served, denials, ask } = createHandOver();
    ask(frame);
    expect([served.length, denials]).toEqual([0, ['foreignSender']]);
  });

  it.each([0, 2])('refuses a hand-over with %i ports', (count) => {
    const { served, denials, ask } = createHandOver();
    ask({ url: 'app://shoebox/', parent: null }, count);
    expect([served.length, denials]).toEqual([0, ['foreignSender']]);
  });
});

describe('the app: scheme', () => {
  let handler: (request: Request) => Promise<Response>;
  beforeEach(() => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'picture.bin'), '0123456789');
    serveAppProtocol(
      { handle: (_scheme: string, handle: never) => (handler = handle) },
      {
        rendererDir: folder,
        media: {
          open: () =>
            Promise.resolve({
              body: { kind: 'file', path: join(folder, 'picture.bin') },
              size: 10,
              mime: 'image/webp',
              etag: 'v1',
            }),
        },
      },
    );
  });

  it('is secure and standard, and does not bypass the content security policy', () => {
    expect(appScheme.privileges).toMatchObject({ standard: true, secure: true });
    expect(appScheme.privileges?.bypassCSP).toBeUndefined();
  });

  it('serves the page with its policy', async () => {
    const answer = await handler(new Request('app://shoebox/'));
    expect([answer.status, await answer.text()]).toEqual([200, '<!doctype html>']);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('serves a range of a picture, readable by our page alone', async () => {
    const answer = await handler(new Request('app://media/p1/thumb?v=1', { headers: { range: 'bytes=2-4' } }));
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    expect(answer.headers.get('access-control-allow-origin')).toBe('app://shoebox');
  });

  it.each([
    'app://media/p1/passwd',
    'app://media/../../etc/passwd',
    'app://elsewhere/',
    'app://shoebox/../picture.bin',
    'app://shoebox/picture.bin',
  ])('%s is nothing', async (url) => {
    expect((await handler(new Request(url))).status).toBe(404);
  });

  it('only reads', async () => {
    expect((await handler(new Request('app://shoebox/', { method: 'POST', body: 'x' }))).status).toBe(405);
  });
});

describe('what the desktop lends the core', () => {
  it('a folder dialog gives the folder', async () => {
    expect(await createHost().host.chooseFolder('watch')).toEqual({ paths: ['/photos'] });
  });

  it.each([
    ['darwin', 0, [['openDirectory', 'openFile', 'multiSelections']]],
    ['win32', 0, [['openFile', 'multiSelections']]],
    ['linux', 1, [['openDirectory', 'multiSelections']]],
    ['linux', 2, []],
  ] as const)('on %s photos or a folder are chosen to import (answer %i)', async (platform, answer, shown) => {
    const { host, dialogs } = createHost(undefined, { platform, answer });
    expect(await host.chooseFolder('import')).toEqual({ paths: shown.length === 0 ? [] : ['/photos'] });
    expect(dialogs).toEqual(shown);
  });

  it('a photo is shown, opened and trashed by its own place', async () => {
    const { host, calls } = createHost();
    const path = join(folder, 'a.jpg');
    writeFileSync(path, '');
    await host.reveal(path);
    await host.openPath(path);
    await host.moveToTrash(path);
    expect(calls).toEqual([`reveal ${path}`, `open ${path}`, `trash ${path}`]);
  });

  it('a script that a photo’s name points to is not run', async () => {
    const { host, calls } = createHost();
    writeFileSync(join(folder, 'run.sh'), '');
    symlinkSync(join(folder, 'run.sh'), join(folder, 'a.jpg'));
    await expect(host.openPath(join(folder, 'a.jpg'))).rejects.toMatchObject({ code: 'notSupported' });
    expect(calls).toEqual([]);
  });

  it.each(['relative.jpg', '/a\u0000.jpg', ''])('%j is no path', async (path) => {
    const { host, calls } = createHost();
    await expect(host.openPath(path)).rejects.toMatchObject({ code: 'invalidInput' });
    await expect(host.reveal(path)).rejects.toMatchObject({ code: 'invalidInput' });
    await expect(host.moveToTrash(path)).rejects.toMatchObject({ code: 'invalidInput' });
    expect(calls).toEqual([]);
  });

  it('several photos are dragged out as files, with a picture of the first', async () => {
    const drags: unknown[] = [];
    const { host } = createHost({ webContents: { startDrag: (item: unknown) => void drags.push(item) } });
    const files = ['a.jpg', 'b.jpg'].map((name) => join(folder, name));
    for (const file of files) writeFileSync(file, '');
    await host.startDrag(files, new Uint8Array(7));
    await host.startDrag(files.slice(1), null);
    expect(drags).toEqual([
      { file: files[0], files, icon: 'icon of 7' },
      { file: files[1], files: files.slice(1), icon: `icon of ${files[1]}` },
    ]);
  });

  it('a file that is gone, or no window, begins no drag', async () => {
    const drags: unknown[] = [];
    const { host } = createHost({ webContents: { startDrag: (item: unknown) => void drags.push(item) } });
    await expect(host.startDrag([join(folder, 'gone.jpg')], null)).rejects.toMatchObject({ code: 'notFound' });
    await expect(createHost().host.startDrag([folder], null)).rejects.toMatchObject({ code: 'cancelled' });
    expect(drags).toEqual([]);
  });

  it('another library is opened by starting again', async () => {
    const { host, calls } = createHost();
    expect(host.capabilities.switchLibrary).toBe(true);
    await host.openLibrary('/photos/library');
    expect(calls).toEqual(['restart with /photos/library']);
  });

  it('a file that is gone is notFound', async () => {
    await expect(createHost().host.reveal(join(folder, 'gone.jpg'))).rejects.toMatchObject({ code: 'notFound' });
  });

  it('only pages of agreed servers open in the browser', async () => {
    const { host, calls } = createHost();
    await host.openURL('https://photos.example/sign-in');
    await expect(host.openURL('https://evil.example/')).rejects.toMatchObject({ code: 'permissionFailure' });
    await expect(host.openURL('file:///etc/passwd')).rejects.toMatchObject({ code: 'permissionFailure' });
    expect(calls).toEqual(['browse https://photos.example/sign-in']);
  });
});

describe('the library that was chosen', () => {
  it('is remembered over a restart, and a file that makes no sense is as good as none', () => {
    const path = join(folder, 'library.json');
    expect(openLibraryChoice(path).directory).toBeUndefined();
    openLibraryChoice(path).remember('/photos/library');
    expect(openLibraryChoice(path).directory).toBe('/photos/library');
    writeFileSync(path, '{"directory": 7}');
    expect(openLibraryChoice(path).directory).toBeUndefined();
  });

  it('opens unless the start names another one', () => {
    expect(desktopLibrary(['shoebox'], {}, '/chosen')).toBe('/chosen');
    expect(desktopLibrary(['shoebox', '--library=/named'], {}, '/chosen')).toBe('/named');
    expect(desktopLibrary(['shoebox'], { SHOEBOX_LIBRARY: '/set' }, '/chosen')).toBe('/set');
  });

  it('starts without the flag and the link of the start before', () => {
    const argv = ['/usr/bin/shoebox', '--library=/old', '--no-sandbox', 'shoebox://share?link=x'];
    expect(argumentsForAnother(argv)).toEqual(['--no-sandbox']);
  });
});

describe('the keychain', () => {
  const safe = (backend: string) => ({
    isAsyncEncryptionAvailable: () => Promise.resolve(true),
    encryptStringAsync: (text: string) =>
      Promise.resolve(Buffer.from(`locked:${text.split('').toReversed().join('')}`)),
    decryptStringAsync: (data: Buffer) =>
      Promise.resolve({
        result: data.toString().slice('locked:'.length).split('').toReversed().join(''),
        shouldReEncrypt: false,
      }),
    getSelectedStorageBackend: () => backend as never,
  });

  it('keeps a secret encrypted over a restart', async () => {
    const path = join(folder, 'keychain.json');
    await (await openKeychain(safe('gnome_libsecret'), path, 'linux')).set('session', 'token-1');
    expect(readFileSync(path, 'utf8')).not.toContain('token-1');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const again = await openKeychain(safe('gnome_libsecret'), path, 'linux');
    expect([again.kind, await again.get('session'), await again.get('constructor')]).toEqual([
      'system',
      'token-1',
      undefined,
    ]);
    await again.delete('session');
    expect(await (await openKeychain(safe('gnome_libsecret'), path, 'linux')).get('session')).toBeUndefined();
  });

  it('loses one sign-in, not all, when an entry of its file is no ciphertext', async () => {
    const path = join(folder, 'keychain.json');
    await (await openKeychain(safe('gnome_libsecret'), path, 'linux')).set('session', 'token-1');
    const entries = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...entries, other: 'a_plain-token', third: 3 }));
    const again = await openKeychain(safe('gnome_libsecret'), path, 'linux');
    expect([await again.get('session'), await again.get('other'), await again.get('third')]).toEqual([
      'token-1',
      undefined,
      undefined,
    ]);
  });

  it('says in words that the system did not take a secret', async () => {
    const refusing = {
      isAsyncEncryptionAvailable: () => Promise.resolve(true),
      encryptStringAsync: () => Promise.reject(new Error('user denied')),
    };
    const keychain = await openKeychain(refusing as never, join(folder, 'keychain.json'), 'darwin');
    await expect(keychain.set('session', 'token-1')).rejects.toMatchObject({
      code: 'notAuthenticated',
      message: 'The system’s keychain did not take the sign-in.',
    });
    expect(await keychain.get('session')).toBeUndefined();
  });

  const withKnownKey = {
    ...safe('gnome_libsecret'),
    encryptStringAsync: (text: string) => Promise.resolve(Buffer.from(`v10${text}`)),
  } as never;
  it.each([
    ['has no secret service', safe('basic_text')],
    ['has the desktop of one that does not run', withKnownKey],
  ])('writes nothing where the system %s and would only pretend to encrypt, and says so', async (_what, storage) => {
    const path = join(folder, 'keychain.json');
    const keychain = await openKeychain(storage, path, 'linux');
    await keychain.set('session', 'token-1');
    expect([keychain.kind, await keychain.get('session')]).toEqual(['none', 'token-1']);
    expect(() => statSync(path)).toThrow('ENOENT');
  });
});

describe('the window’s place', () => {
  const screen: Rectangle = { x: 0, y: 0, width: 1920, height: 1080 };
  const state = { bounds: { x: 100, y: 50, width: 1200, height: 800 }, maximised: true, fullScreen: false };

  it('is remembered', () => {
    const path = join(folder, 'window.json');
    writeWindowState(path, state);
    expect(readWindowState(path, [screen])).toEqual(state);
  });

  it.each([
    ['on a screen that was unplugged', { ...state, bounds: { ...state.bounds, x: 2500 } }],
    ['with its title bar above the screen', { ...state, bounds: { ...state.bounds, y: -500 } }],
    ['below the screen', { ...state, bounds: { ...state.bounds, y: 1075 } }],
    ['smaller than can be used', { ...state, bounds: { ...state.bounds, width: 10 } }],
    ['with something unknown', { ...state, extra: 1 }],
    ['damaged', 'not a state'],
  ])('%s is forgotten', (_what, written) => {
    const path = join(folder, 'window.json');
    writeFileSync(path, JSON.stringify(written));
    expect(readWindowState(path, [screen])).toBeUndefined();
  });
});

describe('the menu', () => {
  const template = (platform: NodeJS.Platform, ran: string[] = []) =>
    menuTemplate({ platform, devTools: false, run: (command) => void ran.push(command) });
  type Item = {
    readonly id?: string;
    readonly accelerator?: unknown;
    readonly registerAccelerator?: boolean;
    readonly click?: () => void;
  };
  const items = (platform: NodeJS.Platform, ran?: string[]): Item[] =>
    template(platform, ran).flatMap((menu) => (Array.isArray(menu.submenu) ? (menu.submenu as Item[]) : []));

  it.each(['linux', 'win32', 'darwin'] as const)('on %s holds every command once and runs it', (platform) => {
    const ran: string[] = [];
    const own = items(platform, ran).filter((item) => item.id !== undefined);
    expect(own).toHaveLength(commands.length);
    expect(new Set(own.map((item) => item.id))).toEqual(new Set(commands.map((command) => command.id)));
    for (const item of own) item.click?.();
    expect(ran).toHaveLength(commands.length);
  });

  it('shows keys and registers none, so that the page decides by focus', () => {
    const withKeys = items('linux').filter((item) => item.accelerator !== undefined && item.id !== undefined);
    expect(withKeys.length).toBeGreaterThan(30);
    expect(withKeys.filter((item) => item.registerAccelerator !== false)).toEqual([]);
  });

  it('on macOS has an item for cutting text, which knows its key nowhere else', () => {
    const roles = (platform: NodeJS.Platform) =>
      template(platform).flatMap((menu) => (Array.isArray(menu.submenu) ? menu.submenu.map(({ role }) => role) : []));
    expect(roles('darwin')).toContain('cut');
    expect(roles('linux')).not.toContain('cut');
  });

  it('on macOS leaves out keys that would fire while somebody types', () => {
    const plain = items('darwin').filter(
      (item) => typeof item.accelerator === 'string' && !/CmdOrCtrl|^F\d/u.test(item.accelerator),
    );
    expect(plain).toEqual([]);
  });

  it.each([
    ['Mod+Shift+I', 'CmdOrCtrl+Shift+I'],
    ['ArrowLeft', 'Left'],
    ['Mod+=', 'CmdOrCtrl+='],
    ['F', 'F'],
  ])('%s is %s', (key, accelerator) => {
    expect(acceleratorOf(key)).toBe(accelerator);
  });
});

describe('updates', () => {
  function createUpdates(answers: { download: boolean; restart: boolean }, enabled = true) {
    const calls: string[] = [];
    const updater = {
      autoDownload: true,
      autoInstallOnAppQuit: true,
      checkForUpdates: () => {
        calls.push('check');
        return Promise.resolve({ isUpdateAvailable: true, updateInfo: { version: '2.0.0' } });
      },
      downloadUpdate: () => {
        calls.push('download');
        return Promise.resolve();
      },
      quitAndInstall: () => void calls.push('install'),
    };
    const updates = startUpdates({
      updater,
      enabled,
      askDownload: () => Promise.resolve(answers.download),
      askRestart: () => Promise.resolve(answers.restart),
      log: () => undefined,
      setTimer: () => ({}),
    });
    return { updates, updater, calls };
  }

  it('fetch nothing without a yes, and ask once per version', async () => {
    const { updates, updater, calls } = createUpdates({ download: false, restart: false });
    await updates.check();
    await updates.check();
    expect([calls, updater.autoDownload]).toEqual([['check', 'check'], false]);
  });

  it('restart only after a second yes, else wait for the next quit', async () => {
    const yes = createUpdates({ download: true, restart: true });
    await yes.updates.check();
    expect(yes.calls).toEqual(['check', 'download', 'install']);
    const later = createUpdates({ download: true, restart: false });
    await later.updates.check();
    expect([later.calls, later.updater.autoInstallOnAppQuit]).toEqual([['check', 'download'], true]);
  });

  it('never happen in development', async () => {
    const { updates, calls } = createUpdates({ download: true, restart: true }, false);
    await updates.check();
    expect(calls).toEqual([]);
  });
});
