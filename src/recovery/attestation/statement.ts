/**
 * Test results as in-toto attests them: Statement v1 (github.com/in-toto/attestation, spec/v1/statement.md and
 * resource_descriptor.md) with the predicate Test Result v0.1 (spec/predicates/test-result.md), read 2026-11-30.
 */
export interface TestResultStatement {
  readonly _type: "https://in-toto.io/Statement/v1";
  readonly subject: readonly [Subject];
  readonly predicateType: "https://in-toto.io/attestation/test-result/v0.1";
  readonly predicate: {
    readonly result: "PASSED" | "WARNED" | "FAILED";
    readonly configuration: readonly [Configuration];
    readonly passedTests: readonly string[];
    readonly warnedTests: readonly string[];
    readonly failedTests: readonly string[];
  };
}

/** What was tested, which verifiers find by its digest. */
export interface Subject {
  readonly name: string;
  readonly digest: { readonly sha256: string };
}

/** What the test ran with: a file by its digest, or its content in base64. `annotations` has what was measured. */
export interface Configuration {
  readonly name: string;
  readonly mediaType: "application/json";
  readonly digest?: { readonly sha256: string };
  readonly content?: string;
  readonly annotations: Readonly<Record<string, unknown>>;
}

export type TestOutcome = "passed" | "warned" | "failed";

export interface Test {
  readonly name: string;
  readonly outcome: TestOutcome;
}

/** One run of a set of tests: failed if one failed, otherwise warned if one warned. */
export function testResult(
  subject: Subject,
  configuration: Configuration,
  tests: readonly Test[],
): TestResultStatement {
  const named = (outcome: TestOutcome) => tests.filter((test) => test.outcome === outcome).map(({ name }) => name);
  const failedTests = named("failed");
  const warnedTests = named("warned");
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [subject],
    predicateType: "https://in-toto.io/attestation/test-result/v0.1",
    predicate: {
      result: failedTests.length > 0 ? "FAILED" : warnedTests.length > 0 ? "WARNED" : "PASSED",
      configuration: [configuration],
      passedTests: named("passed"),
      warnedTests,
      failedTests,
    },
  };
}
