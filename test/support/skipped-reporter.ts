import type { Reporter, TestCase, TestModule } from "vitest/node";

interface Skipped {
  readonly file: string;
  readonly title: string;
  readonly reason: string;
}

/**
 * Lists skipped suites and their reasons at the end of a run. In CI all tools are installed, so a skipped suite fails the run:
 * otherwise it would silently verify nothing.
 */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")].map(describeSkipped));
    if (skipped.length === 0) return;
    const lines = skipped.map((test) => `  ${test.file}  ${test.title}${test.reason === "" ? "" : `: ${test.reason}`}`);
    process.stderr.write(
      `\nskipped, and so a failure here (npm run tools installs what is missing):\n${lines.join("\n")}\n\n`,
    );
    process.exitCode = 1;
  }
}

function describeSkipped(test: TestCase): Skipped {
  const result = test.result();
  const reason = result.state === "skipped" ? (result.note ?? "") : "";
  return { file: test.module.relativeModuleId, title: test.fullName, reason };
}
