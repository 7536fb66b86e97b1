/** What one test runner did, counted from its own machine-readable report. */
export type TestTally = {
  readonly passed: number;
  readonly failed: number;
  /** Full names of tests that were declared and did not run, each with its reason in the name. */
  readonly notRun: readonly string[];
};

type VitestReport = {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
};

/**
 * Counts a vitest JSON report. A file that could not even be loaded has no tests in it and counts as one failure,
 * otherwise a broken import would look like fewer tests and no harm.
 * @param text the report as JSON
 */
export function tallyVitest(text: string): TestTally {
  const report: VitestReport = JSON.parse(text);
  let passed = 0;
  let failed = 0;
  const notRun: string[] = [];
  for (const file of report.testResults) {
    const failedBefore = failed;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') failed += 1;
      else notRun.push(test.fullName);
    }
    if (file.status === 'failed' && failed === failedBefore) failed += 1;
  }
  return { passed, failed, notRun };
}

type PlaywrightSuite = {
  readonly title: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly {
    readonly title: string;
    readonly tests: readonly { readonly status: 'expected' | 'unexpected' | 'flaky' | 'skipped' }[];
  }[];
};
type PlaywrightReport = { readonly suites: readonly PlaywrightSuite[]; readonly errors: readonly unknown[] };

/**
 * Counts a Playwright JSON report. A test that passed only on a second try counts as failed: there are no retries here,
 * and a flaky pass is a bug in the test or in the product. Errors outside any test count one each.
 * @param text the report as JSON
 */
export function tallyPlaywright(text: string): TestTally {
  const report: PlaywrightReport = JSON.parse(text);
  let passed = 0;
  let failed = report.errors.length;
  const notRun: string[] = [];
  const walk = (suite: PlaywrightSuite, path: readonly string[]): void => {
    const here = suite.title === '' ? path : [...path, suite.title];
    for (const spec of suite.specs ?? []) {
      for (const test of spec.tests) {
        if (test.status === 'expected') passed += 1;
        else if (test.status === 'skipped') notRun.push([...here, spec.title].join(' '));
        else failed += 1;
      }
    }
    for (const inner of suite.suites ?? []) walk(inner, here);
  };
  for (const suite of report.suites) walk(suite, []);
  return { passed, failed, notRun };
}
