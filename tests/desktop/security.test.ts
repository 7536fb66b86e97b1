import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  contentSecurityPolicy,
  isOpenable,
  lockApp,
  lockContents,
  lockSession,
  windowPreferences,
} from '../../electron/desktop/security.ts';
import type { Denial } from '../../electron/desktop/security.ts';

/** Collects denials, and plays the emitting half of an Electron object. */
function createRecorder() {
  const denials: Denial[] = [];
  return { denials, denied: (denial: Denial) => void denials.push(denial) };
}

function createContents() {
  const emitter = new EventEmitter();
  let openHandler: ((details: { url: string }) => unknown) | undefined;
  return {
    emitter,
    on: emitter.on.bind(emitter),
    setWindowOpenHandler: (handler: (details: { url: string }) => unknown) => {
      openHandler = handler;
    },
    openWindow: (url: string) => openHandler?.({ url }),
  };
}

/** Fires a cancellable event; answers whether it was cancelled. */
function fire(emitter: EventEmitter, name: string): boolean {
  let prevented = false;
  emitter.emit(name, { preventDefault: () => (prevented = true) });
  return prevented;
}

describe('a window', () => {
  const preferences = windowPreferences('/app/preload.cjs', false, 'linux');

  it.each([
    ['sandbox', true],
    ['contextIsolation', true],
    ['nodeIntegration', false],
    ['nodeIntegrationInWorker', false],
    ['nodeIntegrationInSubFrames', false],
    ['webSecurity', true],
    ['allowRunningInsecureContent', false],
    ['experimentalFeatures', false],
    ['webviewTag', false],
    ['devTools', false],
  ] as const)('has %s set to %s', (name, value) => {
    expect(preferences[name]).toBe(value);
  });

  it('turns on no Blink feature and brings one preload', () => {
    expect(Object.keys(preferences)).not.toContain('enableBlinkFeatures');
    expect(preferences.preload).toBe('/app/preload.cjs');
  });
});

describe('a page', () => {
  it.each([
    ['will-navigate', 'navigation'],
    ['will-redirect', 'redirect'],
    ['will-frame-navigate', 'frameNavigation'],
    ['will-attach-webview', 'webview'],
  ] as const)('is stopped at %s', (event, denial) => {
    const contents = createContents();
    const { denials, denied } = createRecorder();
    lockContents(contents as never, denied);
    expect(fire(contents.emitter, event)).toBe(true);
    expect(denials).toEqual([denial]);
  });

  it.each(['https://evil.example', 'file:///etc/passwd', 'javascript:alert(1)', 'app://shoebox/'])(
    'opens no window for %s',
    (url) => {
      const contents = createContents();
      const { denials, denied } = createRecorder();
      lockContents(contents as never, denied);
      expect(contents.openWindow(url)).toEqual({ action: 'deny' });
      expect(denials).toEqual(['newWindow']);
    },
  );

  it('is locked from the moment it exists, whoever made it', () => {
    const emitter = new EventEmitter();
    let sandboxed = false;
    const { denied } = createRecorder();
    lockApp({ enableSandbox: () => (sandboxed = true), on: emitter.on.bind(emitter) } as never, denied);
    const contents = createContents();
    emitter.emit('web-contents-created', {}, contents);
    expect(sandboxed).toBe(true);
    expect(fire(contents.emitter, 'will-navigate')).toBe(true);
  });
});

describe('the session', () => {
  type Answer = { readonly cancel: boolean };
  function createSession(developmentOrigin?: string) {
    const { denials, denied } = createRecorder();
    const handlers: {
      request?: (
        contents: unknown,
        permission: string,
        answer: (granted: boolean) => void,
        details: { readonly requestingUrl: string },
      ) => void;
      check?: (contents: unknown, permission: string, origin: string) => boolean;
      device?: () => boolean;
      spelling?: boolean;
      load?: (details: { url: string }, answer: (result: Answer) => void) => void;
    } = {};
    lockSession(
      {
        setPermissionRequestHandler: (handler: never) => (handlers.request = handler),
        setPermissionCheckHandler: (handler: never) => (handlers.check = handler),
        setDevicePermissionHandler: (handler: never) => (handlers.device = handler),
        setSpellCheckerEnabled: (on: boolean) => (handlers.spelling = on),
        webRequest: { onBeforeRequest: (handler: never) => (handlers.load = handler) },
      } as never,
      denied,
      'win32',
      developmentOrigin,
    );
    const loads = (url: string): boolean => {
      let cancelled: boolean | undefined;
      handlers.load?.({ url }, ({ cancel }) => (cancelled = cancel));
      return cancelled === false;
    };
    return { handlers, denials, loads };
  }

  it('checks spelling only where that needs no dictionary from elsewhere', () => {
    expect(createSession().handlers.spelling).toBe(false);
    expect(windowPreferences('/app/preload.cjs', false, 'win32').spellcheck).toBe(false);
    expect(windowPreferences('/app/preload.cjs', false, 'darwin').spellcheck).toBe(true);
  });

  const asks = (permission: string, page: string, developmentOrigin?: string) => {
    const { handlers, denials } = createSession(developmentOrigin);
    let granted: boolean | undefined;
    handlers.request?.({}, permission, (answer) => (granted = answer), { requestingUrl: page });
    return { granted, checked: handlers.check?.({}, permission, page), device: handlers.device?.(), denials };
  };

  it.each(['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'usb'])(
    'grants no %s',
    (permission) => {
      expect(asks(permission, 'app://shoebox/')).toEqual({
        granted: false,
        checked: false,
        device: false,
        denials: ['permission', 'device'],
      });
    },
  );

  it.each(['fullscreen', 'clipboard-sanitized-write'])('grants %s to its own page alone', (permission) => {
    expect(asks(permission, 'app://shoebox/')).toMatchObject({ granted: true, checked: true, denials: ['device'] });
    expect(asks(permission, 'app://shoebox')).toMatchObject({ granted: true, checked: true });
    for (const page of ['https://evil.example/', 'app://shoebox.evil/', 'app://media/p1/thumb', '', 'null']) {
      expect(asks(permission, page)).toMatchObject({ granted: false, checked: false });
    }
    expect(asks(permission, 'http://localhost:5173/', 'http://localhost:5173')).toMatchObject({ granted: true });
    expect(asks(permission, 'http://localhost:5173/')).toMatchObject({ granted: false });
  });

  it.each(['app://shoebox/index.html', 'app://media/p1/thumb', 'blob:app://shoebox/1'])(
    'lets the page load %s',
    (url) => {
      expect(createSession().loads(url)).toBe(true);
    },
  );

  it.each([
    'https://evil.example/x.png',
    'http://127.0.0.1:8080/',
    'ws://127.0.0.1/',
    'file:///etc/passwd',
    'data:text/html,x',
    'nonsense',
  ])('cuts the page off from %s', (url) => {
    const { loads, denials } = createSession();
    expect(loads(url)).toBe(false);
    expect(denials).toEqual(['network']);
  });

  it('lets only the development server through while developing', () => {
    const { loads } = createSession('http://localhost:5173');
    expect([
      loads('http://localhost:5173/main.tsx'),
      loads('ws://localhost:5173/'),
      loads('http://localhost:5174/'),
    ]).toEqual([true, true, false]);
  });
});

describe('the content security policy', () => {
  it('starts from nothing, names no host and allows no inline code', () => {
    expect(contentSecurityPolicy).toMatch(/^default-src 'none'/u);
    expect(contentSecurityPolicy).not.toMatch(/unsafe|https?:|data:|\*/u);
  });
});

describe('opening a page in the person’s browser', () => {
  it.each(['https://photos.example/login', 'http://localhost:8787/login', 'http://127.0.0.1/'])('%s may be', (url) => {
    expect(isOpenable(url)).toBe(true);
  });

  it.each([
    'http://photos.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'smb://host/share',
    'ms-msdt:/id',
    'https://user:secret@photos.example/',
    `https://photos.example/${'x'.repeat(3000)}`,
    '',
  ])('%s may not', (url) => {
    expect(isOpenable(url)).toBe(false);
  });
});
