import { defineConfig } from 'vitest/config';

/** Browser tests are Playwright's (tests/e2e); everything else runs here in plain Node. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts', 'tests/**/*.test.tsx'],
    exclude: ['tests/e2e/**', 'node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    // Generous, because a busy machine is no failure; a hang still ends.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    allowOnly: false,
  },
});
