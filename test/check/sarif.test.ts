import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sarif } from "../../src/check/output/sarif.js";
import { rules } from "../../src/check/rules/index.js";
import { findingsIn, fixture } from "./findings.js";

/** What SARIF 2.1.0 (OASIS, sections 3.13 to 3.52) requires of the properties that are written here, and no other. */
const text = z.strictObject({ text: z.string().min(1) });
const level = z.enum(["none", "note", "warning", "error"]);
const log = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.array(
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string().min(1),
          version: z.string().min(1),
          semanticVersion: z.string().regex(/^\d+\.\d+\.\d+/),
          rules: z.array(
            z.strictObject({
              id: z.string().min(1),
              shortDescription: text,
              fullDescription: text,
              help: text,
              defaultConfiguration: z.strictObject({ level }),
              properties: z.looseObject({ tags: z.array(z.string()) }),
            }),
          ),
        }),
      }),
      columnKind: z.enum(["utf16CodeUnits", "unicodeCodePoints"]),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(0),
          level,
          message: text,
          locations: z.array(
            z.strictObject({
              physicalLocation: z.strictObject({
                artifactLocation: z.strictObject({ uri: z.string().regex(/^[^\s\\]+$/) }),
                region: z.strictObject({ startLine: z.int().min(1), startColumn: z.int().min(1) }).optional(),
              }),
            }),
          ),
          properties: z.looseObject({}),
        }),
      ),
    }),
  ),
});

describe("findings as SARIF", () => {
  it("have the structure that 2.1.0 requires, for every rule's own finding", () => {
    for (const rule of rules) {
      const findings = findingsIn(fixture(rule.code, "fail"), [rule]);
      const written = log.parse(JSON.parse(JSON.stringify(sarif(findings, rules, "1.2.3"))));
      expect(written.runs[0]?.results.length).toBe(findings.length);
      for (const { ruleId, ruleIndex } of written.runs[0]?.results ?? []) expect(rules[ruleIndex]?.code).toBe(ruleId);
    }
  });

  it("name the file by a URI and the place by line and column", () => {
    const [finding] = findingsIn(fixture("network/open", "fail"));
    if (!finding) throw new Error("expected a finding");
    const moved = { ...finding, origin: { ...finding.origin, file: "my platforms/a#b.yaml" } };
    expect(sarif([moved], rules, "1.2.3").runs[0].results[0]?.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "my%20platforms/a%23b.yaml" },
      region: { startLine: finding.origin.line, startColumn: finding.origin.column },
    });
  });

  it("have no region for a platform that was defined in code", () => {
    const [finding] = findingsIn(fixture("network/open", "fail"));
    if (!finding) throw new Error("expected a finding");
    const code = { ...finding, origin: { ...finding.origin, line: 0, column: 0 } };
    expect(sarif([code], rules, "1.2.3").runs[0].results[0]?.locations[0].physicalLocation).not.toHaveProperty(
      "region",
    );
  });
});
