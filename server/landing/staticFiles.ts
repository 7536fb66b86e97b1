/** The pages' own style and scripts: small enough to live here, so that the server is one bundle without files beside it. */

const style = `:root{color-scheme:light dark;--text:#1b1b1d;--dim:#5f6066;--page:#f7f7f8;--card:#fff;--line:#d9dade;--accent:#0b57d0;--danger:#b3261e}
@media(prefers-color-scheme:dark){:root{--text:#ececee;--dim:#a9abb2;--page:#161618;--card:#212124;--line:#3c3d42;--accent:#8ab4f8;--danger:#f2b8b5}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main{max-width:26rem;margin:12vh auto 2rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:12px}
h1{font-size:1.35rem;margin:0 0 .75rem}
p{margin:.5rem 0}
.dim{color:var(--dim)}
.problem{color:var(--danger);font-weight:600}
label{display:block;margin-top:1rem;font-weight:600}
input{width:100%;padding:.6rem;font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:8px}
button,.button{display:inline-block;margin-top:1.25rem;padding:.6rem 1.1rem;font:inherit;font-weight:600;color:var(--card);background:var(--accent);border:0;border-radius:8px;text-decoration:none;cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
img{display:block;max-width:100%;border-radius:8px;margin-bottom:1rem}
code{overflow-wrap:anywhere;font-size:.85rem}
`;

/** Builds the deep link from the page's own address: the secret in the fragment never leaves the browser. */
const shareScript = `'use strict';
const address = location.href;
const open = document.getElementById('open');
open.setAttribute('href', 'shoebox://share?link=' + encodeURIComponent(address));
open.hidden = false;
document.getElementById('address').textContent = address;
`;

/** Hands a finished sign-in to the page that opened this one, or goes on to the registered or loopback address. */
const sessionScript = `'use strict';
const facts = document.getElementById('session').dataset;
const origins = JSON.parse(facts.origins || '[]');
if (window.opener && facts.token && origins.length > 0) {
  for (const origin of origins) {
    window.opener.postMessage({ ckSession: facts.token, ckWebAuthToken: facts.token }, origin);
  }
  window.close();
} else if (facts.next) {
  location.replace(facts.next);
}
`;

export interface StaticFile {
  readonly type: string;
  readonly text: string;
}

export const staticFiles: ReadonlyMap<string, StaticFile> = new Map([
  ['/landing/page.css', { type: 'text/css; charset=utf-8', text: style }],
  ['/landing/share.js', { type: 'text/javascript; charset=utf-8', text: shareScript }],
  ['/landing/session.js', { type: 'text/javascript; charset=utf-8', text: sessionScript }],
]);
