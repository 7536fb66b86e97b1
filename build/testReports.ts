import { stripVTControlCharacters } from 'node:util';

/** What one test runner did, counted from its own machine-readable report. */
export type TestTally = {
  readonly passed: number;
  /** Full names of tests that failed, each with the first lines of why: a log may be cut anywhere but at its end. */
  readonly failures: readonly string[];
  /** Full names of tests that were declared and did not run, each with its reason in the name. */
  readonly notRun: readonly string[];
};

type VitestReport = {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
};

/** Lines of a reason that are kept: what was expected and what came, and where. */
const keptLines = 12;

/** A failed test's name with the beginning of its reason under it, without the colours of a terminal. */
function failure(name: string, reason: string | undefined): string {
  const lines = stripVTControlCharacters(reason ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, keptLines);
  return [name, ...lines.map((line) => `    ${line}`)].join('\n');
}

/**
 * Counts a vitest JSON report. A file that could not even be loaded has no tests in it and counts as one failure,
 * otherwise a broken import would look like fewer tests and no harm.
 * @param text the report as JSON
 */
export function tallyVitest(text: string): TestTally {
  const report: VitestReport = JSON.parse(text);
  let passed = 0;
  const failures: string[] = [];
  const notRun: string[] = [];
  for (const file of report.testResults) {
    const failedBefore = failures.length;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') failures.push(failure(test.fullName, test.failureMessages?.[0]));
      else notRun.push(test.fullName);
    }
    if (file.status === 'failed' && failures.length === failedBefore) failures.push(failure(file.name, file.message));
  }
  return { passed, failures, notRun };
}

type PlaywrightSuite = {
  readonly title: string;
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly {
    readonly title: string;
    readonly tests: readonly {
      readonly status: 'expected' | 'unexpected' | 'flaky' | 'skipped';
      readonly results?: readonly { readonly errors?: readonly PlaywrightError[] }[];
    }[];
  }[];
};
type PlaywrightError = { readonly message?: string };
type PlaywrightReport = { readonly suites: readonly PlaywrightSuite[]; readonly errors: readonly PlaywrightError[] };

/**
 * Counts a Playwright JSON report. A test that passed only on a second try counts as failed: there are no retries here,
 * and a flaky pass is a bug in the test or in the product. Errors outside any test count one each.
 * @param text the report as JSON
 */
export function tallyPlaywright(text: string): TestTally {
  const report: PlaywrightReport = JSON.parse(text);
  let passed = 0;
  const failures = report.errors.map((error) => failure('outside any test', error.message));
  const notRun: string[] = [];
  const walk = (suite: PlaywrightSuite, path: readonly string[]): void => {
    const here = suite.title === '' ? path : [...path, suite.title];
    for (const spec of suite.specs ?? []) {
      const name = [...here, spec.title].join(' ');
      for (const test of spec.tests) {
        const errors = test.results?.flatMap((result) => result.errors ?? []) ?? [];
        if (test.status === 'expected') passed += 1;
        else if (test.status === 'skipped') notRun.push(name);
        else failures.push(failure(name, errors[0]?.message));
      }
    }
    for (const inner of suite.suites ?? []) walk(inner, here);
  };
  for (const suite of report.suites) walk(suite, []);
  return { passed, failures, notRun };
}
