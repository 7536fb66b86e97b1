import { findBrowser, installHint } from './browser.ts';

const browser = findBrowser(process.env);
if (browser === undefined) {
  console.error(installHint);
  process.exitCode = 1;
} else {
  console.log(browser);
}
