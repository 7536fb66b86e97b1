import { defineConfig } from '@playwright/test';
import { browserLaunch } from './browser.ts';

/** Tests that look at the screen: the built interface in a real browser against a real headless shell. */
export default defineConfig({
  testDir: '../tests/e2e',
  outputDir: '../test-results',
  testMatch: '**/*.spec.ts',
  forbidOnly: true,
  fullyParallel: false,
  // A test mostly waits for a window, a shell or a server; two files side by side fill two cores and no more.
  workers: 2,
  timeout: 150_000,
  expect: { timeout: 20_000 },
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    launchOptions: browserLaunch(process.env, process.getuid?.()),
    // Filming every page takes a third of the run: what failed is run again with `--trace on`.
    trace: 'off',
    screenshot: 'only-on-failure',
  },
});
