import type { ServerResponse } from '../http/message.ts';

/** Text made safe to stand anywhere in a page, attribute values included. */
export function escapeHTML(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Nothing from elsewhere, nothing inline, never in a frame. A form answers to us alone. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

export interface PageParts {
  readonly title: string;
  /** Markup; every value in it has been through `escapeHTML`. */
  readonly body: string;
  readonly script?: '/landing/share.js' | '/landing/session.js';
  readonly status?: number;
  /**
   * The page has a form that is sent here. Under `no-referrer` a browser sends `Origin: null` with it, and nobody could tell
   * it from a form of another site. `same-origin` names the page to us, and neither page nor origin to anybody else.
   */
  readonly hasForm?: boolean;
}

/** A whole page with the headers every page of ours has. */
export function page({ title, body, script, status = 200, hasForm = false }: PageParts): ServerResponse {
  const scriptTag = script === undefined ? '' : `<script src="${script}" defer></script>`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
      'referrer-policy': hasForm ? 'same-origin' : 'no-referrer',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
    body:
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">` +
      `<title>${escapeHTML(title)}</title><link rel="stylesheet" href="/landing/page.css">${scriptTag}</head>` +
      `<body><main>${body}</main></body></html>`,
  };
}

/** A labelled field; `autocomplete` tells password managers what it is. */
export function field(about: {
  readonly name: string;
  readonly label: string;
  readonly type: 'email' | 'password' | 'text';
  readonly autocomplete: string;
  readonly value?: string;
}): string {
  const { name, label, type, autocomplete, value = '' } = about;
  return (
    `<label for="${name}">${escapeHTML(label)}</label>` +
    `<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${escapeHTML(value)}" required>`
  );
}

export function problem(text: string | undefined): string {
  return text === undefined ? '' : `<p class="problem" role="alert">${escapeHTML(text)}</p>`;
}
