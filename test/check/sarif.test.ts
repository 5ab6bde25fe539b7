import { describe, expect, it } from "vitest";
import { type Sources, sarif, sarifOfErrors } from "../../src/check/output/sarif.js";
import { rules } from "../../src/check/rules/index.js";
import { formatDiagnostics, readPlatform } from "../../src/platform-file/index.js";
import { findingsIn, fixture } from "../support/check/findings.js";
import { sarifLog } from "../support/check/sarif-log.js";

/** A repository at `/home/ana/shop`, in whose folder the command runs. */
const sources: Sources = {
  root: "/home/ana/shop",
  pathOf: (file) => (file.startsWith("/") ? file : `/home/ana/shop/${file}`),
};

describe("findings as SARIF", () => {
  it("have the structure that 2.1.0 requires, for a finding of every rule", () => {
    for (const rule of rules) {
      const findings = findingsIn(fixture(rule.code, "fail"), [rule]);
      const written = sarifLog.parse(JSON.parse(JSON.stringify(sarif(findings, rules, "1.2.3", sources))));
      expect(written.runs[0]?.results.length).toBe(findings.length);
      expect(written.runs[0]?.results.map(({ level }) => level)).toEqual(findings.map(({ severity }) => severity));
      expect(written.runs[0]?.invocations).toEqual([{ executionSuccessful: true }]);
    }
  });

  it("identify the file by a URI and the place by line and column", () => {
    const [finding] = findingsIn(fixture("network/open", "fail"));
    if (!finding) throw new Error("expected a finding");
    const moved = { ...finding, origin: { ...finding.origin, file: "my platforms/a#b.yaml" } };
    expect(sarif([moved], rules, "1.2.3", sources).runs[0].results[0]?.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "my%20platforms/a%23b.yaml", uriBaseId: "%SRCROOT%" },
      region: { startLine: finding.origin.line, startColumn: finding.origin.column },
    });
  });

  it("identify a file relative to the repository's root, or by an absolute URI outside it", () => {
    const [finding] = findingsIn(fixture("network/open", "fail"));
    if (!finding) throw new Error("expected a finding");
    const uris = (file: string, where: Sources) => {
      const moved = { ...finding, origin: { ...finding.origin, file } };
      const [run] = sarifLog.parse(JSON.parse(JSON.stringify(sarif([moved], rules, "1.2.3", where)))).runs;
      return [
        run?.originalUriBaseIds?.["%SRCROOT%"].uri,
        run?.results[0]?.locations[0]?.physicalLocation.artifactLocation,
      ];
    };
    const root = "file:///home/ana/shop/";
    expect(uris("deploy/platform.yaml", sources)).toEqual([
      root,
      { uri: "deploy/platform.yaml", uriBaseId: "%SRCROOT%" },
    ]);
    expect(uris("/home/ana/shop-2/platform.yaml", sources)).toEqual([
      root,
      { uri: "file:///home/ana/shop-2/platform.yaml" },
    ]);
    expect(uris("platform.yaml", { ...sources, root: undefined })).toEqual([
      undefined,
      { uri: "file:///home/ana/shop/platform.yaml" },
    ]);
  });

  it("refer to the first line of a platform that was defined in code: GitHub requires one", () => {
    const [finding] = findingsIn(fixture("network/open", "fail"));
    if (!finding) throw new Error("expected a finding");
    const code = { ...finding, origin: { ...finding.origin, line: 0, column: 0 } };
    const { physicalLocation } = sarif([code], rules, "1.2.3", sources).runs[0].results[0]?.locations[0] ?? {};
    expect(physicalLocation?.region).toEqual({ startLine: 1, startColumn: 1 });
  });

  it("are invalid if a result refers to another rule", () => {
    const written = sarif(findingsIn(fixture("network/open", "fail")), rules, "1.2.3", sources);
    const [run] = written.runs;
    const astray = { ...run, results: run.results.map((result) => ({ ...result, ruleIndex: result.ruleIndex + 1 })) };
    expect(sarifLog.safeParse(written).success).toBe(true);
    expect(sarifLog.safeParse({ ...written, runs: [astray] }).success).toBe(false);
  });
});

describe("a file that cannot be read, as SARIF", () => {
  const text = "platform: shop\nservces: {}\nobjectives: { rpo: 5, rto: 6 }\n";

  it("has every error at its place, and each error code once as a rule", () => {
    const parsed = readPlatform({ file: "platform.yaml", text });
    if (parsed.ok) throw new Error("expected errors");
    const [run] = sarifLog.parse(JSON.parse(JSON.stringify(sarifOfErrors(parsed.diagnostics, "1.2.3", sources)))).runs;
    expect(run?.invocations).toEqual([{ executionSuccessful: false }]);
    expect(run?.tool.driver.rules.map(({ id }) => id)).toEqual(["spec/unknown-key", "spec/unit"]);
    expect(
      run?.results.map(({ ruleId, locations }) => [ruleId, locations[0]?.physicalLocation.region?.startLine]),
      formatDiagnostics(parsed.diagnostics, text),
    ).toEqual([
      ["spec/unknown-key", 2],
      ["spec/unit", 3],
      ["spec/unit", 3],
    ]);
    expect(run?.results[0]?.locations[0]?.physicalLocation.region).toEqual({
      startLine: 2,
      startColumn: 1,
      endColumn: 1 + "servces".length,
    });
  });
});
