import { isAppError } from '../../shared/errors.ts';
import { CloudError, badRequest, notFound } from '../cloud/cloudError.ts';
import type { Services } from '../cloud/context.ts';
import type { ServerRequest, ServerResponse } from '../http/message.ts';
import { bodyBytes } from '../http/message.ts';
import { checkCredentials } from '../accounts/credentials.ts';
import { issueCode, parseAuthorize } from '../accounts/authorizationCode.ts';
import { approveDevice } from '../accounts/deviceAuthorization.ts';
import { resetPassword, requestPasswordReset, verifyEmail } from '../accounts/letters.ts';
import { finishOIDC, startOIDC } from '../accounts/oidc.ts';
import type { SignIn } from '../accounts/signIn.ts';
import { escapeHTML, field, page, problem } from './html.ts';
import { sharePage } from './sharePage.ts';
import { staticFiles } from './staticFiles.ts';

interface PageCall {
  readonly services: Services;
  readonly signIn: SignIn;
  readonly request: ServerRequest;
  readonly url: URL;
  readonly form: URLSearchParams;
}

/** Everything that is a page: sign-in, share link, device code, letters' links. GET never changes anything. */
export async function landingPage(
  services: Services,
  signIn: SignIn,
  request: ServerRequest,
  url: URL,
): Promise<ServerResponse> {
  const file = staticFiles.get(url.pathname);
  if (file !== undefined && request.method === 'GET') {
    return {
      status: 200,
      headers: {
        'content-type': file.type,
        'cache-control': 'public, max-age=3600',
        'x-content-type-options': 'nosniff',
      },
      body: file.text,
    };
  }
  const share = /^\/share\/([A-Za-z0-9_-]{1,64})\/?$/.exec(url.pathname);
  if (share !== null && request.method === 'GET') return sharePage(services, share[1] ?? '');
  const show = pages.get(url.pathname);
  if (show === undefined || (request.method !== 'GET' && request.method !== 'POST')) {
    throw notFound('could not find handler for endpoint');
  }
  if (request.method === 'POST') requireOwnForm(services, request);
  const form = request.method === 'POST' ? await readForm(request) : new URLSearchParams();
  return show({ services, signIn, request, url, form });
}

const pages: ReadonlyMap<string, (call: PageCall) => Promise<ServerResponse> | ServerResponse> = new Map<
  string,
  (call: PageCall) => Promise<ServerResponse> | ServerResponse
>([
  [
    '/',
    () =>
      page({
        title: 'Shoebox server',
        body: '<h1>Shoebox server</h1><p>This server keeps and shares photos for the Shoebox app.</p>',
      }),
  ],
  ['/login', loginPage],
  ['/authorize', authorizePage],
  ['/device', devicePage],
  ['/verify', verifyPage],
  ['/reset', resetPage],
  ['/oidc/start', (call) => startOIDC(call.services, call.url)],
  ['/oidc/callback', (call) => oidcCallback(call)],
]);

/**
 * A form posted from somewhere else is refused: browsers say where it comes from. `Origin: null` is somewhere else, since a
 * page of any site can have it sent; our own pages with a form have a policy that names them (`hasForm`). `Sec-Fetch-Site`
 * alone would not do: it goes to https and to this machine only.
 */
function requireOwnForm(services: Services, request: ServerRequest): void {
  const origin = request.headers['origin'];
  const site = request.headers['sec-fetch-site'];
  const own =
    origin === undefined
      ? site === undefined || site === 'same-origin' || site === 'none'
      : origin === new URL(services.origin).origin;
  if (!own) throw new CloudError('ACCESS_DENIED', 'this form was sent from another site');
}

async function readForm(request: ServerRequest): Promise<URLSearchParams> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of bodyBytes(request.body)) {
    length += part.length;
    if (length > 16_384) throw badRequest('the form is too long');
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}

/** Words for the person, from errors that are meant for them; anything else goes on to the general handler. */
function wordsOf(error: unknown): string {
  if (error instanceof CloudError || isAppError(error))
    return `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`.replace('..', '.');
  throw error;
}

function signInFields(hidden: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(hidden).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHTML(value)}">`,
  );
  return (
    inputs.join('') +
    field({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username' }) +
    field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })
  );
}

function singleSignOn(services: Services, purpose: Readonly<Record<string, string>>): string {
  const { oidc } = services.config;
  if (oidc === undefined) return '';
  const query = new URLSearchParams(purpose);
  return `<p><a class="button" href="/oidc/start?${escapeHTML(query.toString())}">Sign in with ${escapeHTML(oidc.name)}</a></p>`;
}

async function checkForm(call: PageCall): Promise<string> {
  const { services, form, request } = call;
  return checkCredentials(services, form.get('email') ?? '', form.get('password') ?? '', request.address ?? '');
}

async function loginPage(call: PageCall): Promise<ServerResponse> {
  const { services, signIn, request, url, form } = call;
  const asked = (request.method === 'POST' ? form : url.searchParams).get('request') ?? '';
  const login = signIn.openLoginRequest(asked);
  if (login === undefined) {
    return page({
      title: 'Sign in',
      status: 400,
      body: '<h1>Sign in</h1><p>This sign-in page is over. Go back to the app and start again.</p>',
    });
  }
  let complaint: string | undefined;
  if (request.method === 'POST') {
    try {
      return await finishLogin(services, signIn, asked, await checkForm(call));
    } catch (error) {
      complaint = wordsOf(error);
    }
  }
  return page({
    title: 'Sign in',
    hasForm: true,
    status: complaint === undefined ? 200 : 401,
    body:
      `<h1>Sign in</h1>${problem(complaint)}<form method="post" action="/login">${signInFields({ request: asked })}<button>Sign in</button></form>` +
      singleSignOn(services, { login: asked }),
  });
}

/** The page that hands a fresh web session to the page that asked (section 3.2). */
async function finishLogin(
  services: Services,
  signIn: SignIn,
  asked: string,
  userName: string,
): Promise<ServerResponse> {
  const login = signIn.openLoginRequest(asked);
  const client = services.config.clients.find((one) => one.id === login?.clientID);
  if (login === undefined || client === undefined) {
    return page({
      title: 'Signed in',
      body: '<h1>Signed in</h1><p>You can close this window and go back to the app.</p>',
    });
  }
  const token = await signIn.issueWebSession(userName);
  let next = '';
  if (client.callbackURL !== undefined) {
    const target = new URL(client.callbackURL);
    target.searchParams.set('ckWebAuthToken', token);
    target.searchParams.set('ckSession', token);
    next = target.href;
  }
  return page({
    title: 'Signed in',
    script: '/landing/session.js',
    body:
      `<h1>Signed in</h1><p>You can close this window and go back to the app.</p>` +
      `<div id="session" data-token="${escapeHTML(token)}" data-origins="${escapeHTML(JSON.stringify(client.origins))}" data-next="${escapeHTML(next)}"></div>`,
  });
}

async function authorizePage(call: PageCall): Promise<ServerResponse> {
  const { services, request, url, form } = call;
  const query = request.method === 'POST' ? new URLSearchParams(form.get('query') ?? '') : url.searchParams;
  const asked = parseAuthorize(query);
  let complaint: string | undefined;
  if (request.method === 'POST') {
    try {
      return returnToProgram(await issueCode(services, asked, await checkForm(call)));
    } catch (error) {
      complaint = wordsOf(error);
    }
  }
  return page({
    title: 'Sign in to Shoebox',
    hasForm: true,
    status: complaint === undefined ? 200 : 401,
    body:
      `<h1>Sign in to Shoebox</h1><p class="dim">The app “${escapeHTML(asked.client_id)}” on this computer asks to use your account.</p>${problem(complaint)}` +
      `<form method="post" action="/authorize">${signInFields({ query: query.toString() })}<button>Sign in</button></form>` +
      singleSignOn(services, { authorize: query.toString() }),
  });
}

function returnToProgram(next: string): ServerResponse {
  return page({
    title: 'Signed in',
    script: '/landing/session.js',
    body: `<h1>Signed in</h1><p><a class="button" href="${escapeHTML(next)}">Go back to Shoebox</a></p><div id="session" data-next="${escapeHTML(next)}"></div>`,
  });
}

async function devicePage(call: PageCall): Promise<ServerResponse> {
  const { services, request, url, form } = call;
  const code = (request.method === 'POST' ? form : url.searchParams).get('user_code') ?? '';
  let complaint: string | undefined;
  if (request.method === 'POST') {
    try {
      const userName = await checkForm(call);
      await approveDevice(services, { userCode: code, approve: form.get('decision') !== 'refuse' }, userName);
      return page({ title: 'Done', body: '<h1>Done</h1><p>Go back to the other machine; it goes on by itself.</p>' });
    } catch (error) {
      complaint = wordsOf(error);
    }
  }
  return page({
    title: 'Connect a machine',
    hasForm: true,
    status: complaint === undefined ? 200 : 400,
    body:
      `<h1>Connect a machine</h1><p>Type the code you see on the other machine. Only go on if you started this yourself.</p>${problem(complaint)}` +
      `<form method="post" action="/device">${field({ name: 'user_code', label: 'Code', type: 'text', autocomplete: 'off', value: code })}` +
      `${signInFields({})}<button name="decision" value="approve">Connect</button> <button name="decision" value="refuse">Refuse</button></form>`,
  });
}

async function verifyPage(call: PageCall): Promise<ServerResponse> {
  const { services, request, url, form } = call;
  if (request.method === 'POST') {
    try {
      await verifyEmail(services, { token: form.get('token') ?? '' });
      return page({
        title: 'Confirmed',
        body: '<h1>Confirmed</h1><p>Your e-mail address is confirmed. Go back to Shoebox.</p>',
      });
    } catch (error) {
      return page({ title: 'Not confirmed', status: 400, body: `<h1>Not confirmed</h1>${problem(wordsOf(error))}` });
    }
  }
  // A button, not the visit itself: mail scanners open every link in a letter.
  const token = escapeHTML(url.searchParams.get('token') ?? '');
  return page({
    title: 'Confirm your address',
    hasForm: true,
    body: `<h1>Confirm your e-mail address</h1><form method="post" action="/verify"><input type="hidden" name="token" value="${token}"><button>Confirm</button></form>`,
  });
}

async function resetPage(call: PageCall): Promise<ServerResponse> {
  const { services, request, url, form } = call;
  const token = (request.method === 'POST' ? form : url.searchParams).get('token') ?? '';
  let complaint: string | undefined;
  if (request.method === 'POST') {
    try {
      if (token === '') {
        await requestPasswordReset(services, { email: form.get('email') ?? '' }, request.address ?? '');
        return page({
          title: 'Letter sent',
          body: '<h1>Look at your mail</h1><p>If there is an account with this address, a letter is on its way.</p>',
        });
      }
      await resetPassword(services, { token, newPassword: form.get('password') ?? '' });
      return page({
        title: 'Password changed',
        body: '<h1>Password changed</h1><p>All devices were signed out. Sign in with the new password.</p>',
      });
    } catch (error) {
      complaint = wordsOf(error);
    }
  }
  const fields =
    token === ''
      ? field({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username' })
      : `<input type="hidden" name="token" value="${escapeHTML(token)}">${field({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password' })}`;
  return page({
    title: 'Reset your password',
    hasForm: true,
    status: complaint === undefined ? 200 : 400,
    body: `<h1>Reset your password</h1>${problem(complaint)}<form method="post" action="/reset">${fields}<button>Go on</button></form>`,
  });
}

async function oidcCallback(call: PageCall): Promise<ServerResponse> {
  const { services, signIn, url } = call;
  try {
    const { userName, login, authorize } = await finishOIDC(services, url);
    if (login !== '') return await finishLogin(services, signIn, login, userName);
    return returnToProgram(await issueCode(services, parseAuthorize(new URLSearchParams(authorize)), userName));
  } catch (error) {
    return page({ title: 'Not signed in', status: 400, body: `<h1>Not signed in</h1>${problem(wordsOf(error))}` });
  }
}
