import type { Reporter, TestCase, TestModule } from "vitest/node";

interface Skipped {
  readonly file: string;
  readonly title: string;
  readonly reason: string;
}

/**
 * Lists at the end of a run in CI the skipped suites with their reasons, and the tests that passed at the second attempt only. All tools
 * are installed there, so a skipped suite fails the run: otherwise it would silently verify nothing. A test that needs a second attempt
 * is a defect of the test or of the product to be found; it does not fail the run.
 */
export default class CiReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const repeated = tests.filter((test) => test.diagnostic()?.flaky === true);
    report(
      "passed at the second attempt only",
      repeated.map((test) => `${test.module.relativeModuleId}  ${test.fullName}`),
    );
    const skipped = tests.filter((test) => test.result().state === "skipped").map(describeSkipped);
    report(
      "skipped, and so a failure here (npm run tools installs what is missing)",
      skipped.map(({ file, title, reason }) => `${file}  ${title}${reason === "" ? "" : `: ${reason}`}`),
    );
    if (skipped.length > 0) process.exitCode = 1;
  }
}

function report(title: string, lines: readonly string[]): void {
  if (lines.length > 0) process.stderr.write(`\n${title}:\n${lines.map((line) => `  ${line}`).join("\n")}\n\n`);
}

function describeSkipped(test: TestCase): Skipped {
  const result = test.result();
  const reason = result.state === "skipped" ? (result.note ?? "") : "";
  return { file: test.module.relativeModuleId, title: test.fullName, reason };
}
