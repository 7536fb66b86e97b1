import type { App, Session, WebContents, WebPreferences } from 'electron';

/** The origin of the page; pictures come from `app://media`. */
export const pageOrigin = 'app://shoebox';

/**
 * The page's content security policy. The network belongs to the core: the page reaches its own files and its own
 * pictures, and nothing else.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src app: blob:',
  'media-src app: blob:',
  "font-src 'self'",
  'connect-src app:',
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Why something was turned away; counted and logged without the address it wanted, which may hold a secret. */
export type Denial =
  | 'navigation'
  | 'redirect'
  | 'frameNavigation'
  | 'newWindow'
  | 'webview'
  | 'permission'
  | 'device'
  | 'network'
  | 'foreignSender';

/**
 * What a window may do. Electron's defaults already say most of it; it is written down so that a changed default, or a
 * changed mind, shows up in a test.
 * @param preload absolute path of the bundled CommonJS preload
 * @param devTools only in development: an open console is a way around everything below
 */
export function windowPreferences(preload: string, devTools: boolean, platform: NodeJS.Platform): WebPreferences {
  return {
    preload,
    devTools,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    plugins: false,
    safeDialogs: true,
    spellcheck: checksSpelling(platform),
  };
}

/** Elsewhere than on macOS, whose own dictionaries are used, Electron fetches dictionaries from Google. */
const checksSpelling = (platform: NodeJS.Platform): boolean => platform === 'darwin';

/** Sandboxes every process of the app and locks every page it will ever make. Call before `ready`. */
export function lockApp(app: Pick<App, 'enableSandbox' | 'on'>, denied: (denial: Denial) => void): void {
  app.enableSandbox();
  app.on('web-contents-created', (_event, contents) => lockContents(contents, denied));
}

/** A page stays where it is: it neither navigates, nor opens windows, nor embeds others. */
export function lockContents(
  contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>,
  denied: (denial: Denial) => void,
): void {
  contents.on('will-navigate', (event) => {
    event.preventDefault();
    denied('navigation');
  });
  contents.on('will-redirect', (event) => {
    event.preventDefault();
    denied('redirect');
  });
  contents.on('will-frame-navigate', (event) => {
    event.preventDefault();
    denied('frameNavigation');
  });
  contents.on('will-attach-webview', (event) => {
    event.preventDefault();
    denied('webview');
  });
  contents.setWindowOpenHandler(() => {
    denied('newWindow');
    return { action: 'deny' };
  });
}

/** Schemes a page may load from. `devtools:` exists only where developer tools do. */
const loadableSchemes = new Set(['app:', 'blob:', 'devtools:']);

/** What the page asks the system for: the whole screen, and putting a link on the clipboard; never reading it. */
const grantable = new Set(['fullscreen', 'clipboard-sanitized-write']);

/**
 * Grants our own page the two things it needs and nothing else to anybody (Electron's default is to grant everything), and
 * cuts the page off from every network: a second fence behind the content security policy.
 * @param developmentOrigin the development server, which alone may be reached when it is given
 */
export function lockSession(
  session: Pick<
    Session,
    | 'setPermissionRequestHandler'
    | 'setPermissionCheckHandler'
    | 'setDevicePermissionHandler'
    | 'setSpellCheckerEnabled'
    | 'webRequest'
  >,
  denied: (denial: Denial) => void,
  platform: NodeJS.Platform,
  developmentOrigin?: string,
): void {
  session.setSpellCheckerEnabled(checksSpelling(platform));
  const grants = (permission: string, asking: string): boolean =>
    grantable.has(permission) && isOwnPage(asking, developmentOrigin);
  session.setPermissionRequestHandler((_contents, permission, answer, { requestingUrl }) => {
    const granted = grants(permission, requestingUrl);
    if (!granted) denied('permission');
    answer(granted);
  });
  session.setPermissionCheckHandler((_contents, permission, origin) => grants(permission, origin));
  session.setDevicePermissionHandler(() => {
    denied('device');
    return false;
  });
  session.webRequest.onBeforeRequest((details, answer) => {
    const allowed = mayLoad(details.url, developmentOrigin);
    if (!allowed) denied('network');
    answer({ cancel: !allowed });
  });
}

/**
 * Whether an address is of our own page.
 * @param address of a page, or its origin with or without a slash behind it
 * @param developmentOrigin the development server's origin, where one serves the page
 */
export function isOwnPage(address: string, developmentOrigin: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, host } = new URL(address);
  const origin = `${protocol}//${host}`;
  return origin === pageOrigin || (developmentOrigin !== undefined && origin === developmentOrigin);
}

function mayLoad(address: string, developmentOrigin: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (loadableSchemes.has(url.protocol)) return true;
  return developmentOrigin !== undefined && new URL(developmentOrigin).host === url.host;
}

/**
 * Whether an address may be handed to the person's browser: https, or http on this machine, without credentials. Anything
 * else (file:, ms-*:, smb:, javascript:) can start programs.
 */
export function isOpenable(address: string): boolean {
  if (address.length > 2048 || !URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return url.hostname !== '';
  return url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}
