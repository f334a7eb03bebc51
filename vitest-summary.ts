import type { Reporter, TestModule } from 'vitest/node';

/** Failures that no test case stands for: a file that does not load, a suite whose hook throws. */
const failuresOutsideTests = (module: TestModule): number =>
  [module, ...module.children.allSuites()].filter((part) => part.errors().length > 0).length;

/**
 * A vitest reporter whose very last line is `N passed, N failed` (and `, N skipped`), counted over test cases, after the title
 * of every skipped test. What fails outside a test case (a file that does not load, a hook, an unhandled error) counts as a
 * failure each, so that a red run never ends with `0 failed`. Vitest wants a default export that `new` accepts.
 */
export default function summaryReporter(): Reporter {
  let lines: readonly string[] = ['0 passed, 0 failed'];
  return {
    onInit() {
      process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
    },
    onTestRunEnd(modules, unhandledErrors) {
      const tests = modules.flatMap((module) => [...module.children.allTests()]);
      const inState = (state: string) => tests.filter((test) => test.result().state === state);
      const failed = [
        ...inState('failed').map(() => 1),
        ...modules.map(failuresOutsideTests),
        unhandledErrors.length,
      ].reduce((total, count) => total + count, 0);
      const skipped = inState('skipped');
      const counts = [`${inState('passed').length} passed`, `${failed} failed`];
      lines = [
        ...skipped.map((test) => `skipped: ${test.module.relativeModuleId} > ${test.fullName}`),
        [...counts, ...(skipped.length > 0 ? [`${skipped.length} skipped`] : [])].join(', '),
      ];
    },
  };
}
