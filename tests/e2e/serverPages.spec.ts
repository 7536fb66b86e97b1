import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import type { Page } from '@playwright/test';
import { startTestServer, testContainer, type TestPerson, type TestServer } from '../helpers/testServer.ts';

/*
 * The forms of the server's own pages, sent by a real browser: what it says of where a form comes from is what the server
 * goes by, and only a browser says it as browsers do.
 */

let server: TestServer;
let ana: TestPerson;
/** Where a sign-in goes back to, as a program on this computer listens for it; what it was asked for, with the referrer. */
let program: Server;
const visits: { readonly url: string; readonly referrer: string | undefined }[] = [];

test.beforeAll(async () => {
  program = createServer((request, response) => {
    visits.push({ url: request.url ?? '', referrer: request.headers.referer });
    response.setHeader('content-type', 'text/html').end('<h1>Back in the program</h1>');
  }).listen(0, '127.0.0.1');
  await once(program, 'listening');
  server = await startTestServer({ clients: [{ id: 'A', origins: [] }], requireVerifiedEmail: true });
  ana = await server.person('Ana');
});

test.afterAll(async () => {
  await server.stop();
  program.closeAllConnections();
  program.close();
});

async function fillIn(page: Page, person: { readonly email: string; readonly password: string }): Promise<void> {
  await page.getByLabel('E-mail address').fill(person.email);
  await page.getByLabel('Password').fill(person.password);
}
const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });

/** The address in the newest letter. */
async function linkInLetter(): Promise<string> {
  await server.container.services.letters.idle();
  return /http\S+/u.exec(server.letters.at(-1)?.text ?? '')?.[0] ?? '';
}

test('somebody signs in on the page a web client opens, at the second try', async ({ page }) => {
  const asked = await fetch(
    `${server.origin}/database/1/${testContainer}/development/public/users/caller?ckAPIToken=A`,
  );
  const { redirectURL } = (await asked.json()) as { readonly redirectURL: string };
  await page.goto(redirectURL);
  await fillIn(page, { ...ana, password: 'something else' });
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toHaveText('The e-mail address or the password is wrong.');
  await fillIn(page, ana);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(heading(page, 'Signed in')).toBeVisible();
});

test('a program signs in by way of the browser, and is not told the page it comes from', async ({ page }) => {
  const back = `http://127.0.0.1:${(program.address() as AddressInfo).port}/callback`;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'shoebox-desktop',
    redirect_uri: back,
    state: 'state-0001',
    code_challenge: createHash('sha256').update('a verifier').digest('base64url'),
    code_challenge_method: 'S256',
  });
  await page.goto(`${server.origin}/authorize?${query.toString()}`);
  await fillIn(page, ana);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(heading(page, 'Back in the program')).toBeVisible();
  expect(visits[0]?.url).toMatch(/^\/callback\?code=[\w-]+&state=state-0001$/u);
  expect(visits[0]?.referrer).toBeUndefined();
});

test('a machine without a browser is connected by its code', async ({ page }) => {
  const started = await fetch(`${server.origin}/api/auth/device/code`, { method: 'POST', body: '{}' });
  const code = (await started.json()) as { readonly verification_uri_complete: string };
  await page.goto(code.verification_uri_complete);
  await fillIn(page, ana);
  await page.getByRole('button', { name: 'Connect' }).click();
  await expect(heading(page, 'Done')).toBeVisible();
});

test('an address is confirmed, and a password reset, by the links in letters', async ({ page }) => {
  const mia = { email: 'mia@example.org', password: 'a boat on the lake', name: 'Mia' };
  await fetch(`${server.origin}/api/auth/sign-up/email`, { method: 'POST', body: JSON.stringify(mia) });
  await page.goto(await linkInLetter());
  await page.getByRole('button', { name: 'Confirm' }).click();
  await expect(heading(page, 'Confirmed')).toBeVisible();

  await page.goto(`${server.origin}/reset`);
  await page.getByLabel('E-mail address').fill(mia.email);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(heading(page, 'Look at your mail')).toBeVisible();
  await page.goto(await linkInLetter());
  await page.getByLabel('New password').fill('a new boat on the lake');
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect(heading(page, 'Password changed')).toBeVisible();
});

test('a form on a page of another site is refused', async ({ page }) => {
  await page.goto(`http://localhost:${(program.address() as AddressInfo).port}/`);
  await page.evaluate((action) => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = action;
    document.body.append(form);
    form.submit();
  }, `${server.origin}/reset`);
  await expect(page.getByText('this form was sent from another site')).toBeVisible();
});
