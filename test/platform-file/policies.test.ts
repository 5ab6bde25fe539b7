import { describe, expect, it } from "vitest";
import { applyEdits } from "../../src/platform-file/edit/apply.js";
import { readPlatform } from "../../src/platform-file/platform.js";
import { planOf } from "../support/check/findings.js";
import { rowOf, sheetOf } from "../support/promises/rows.js";

const WEB = "image: registry.example.com/web:1.0.0, port: 8080";
const text = `platform: shop
cloud: aws
zones: 3
policies:
  critical: { availability: 99.9%, rto: { default: 1m, bad-release: 1h }, rpo: 0s }
  durable: { rpo: 5m, retention: 30d }
services:
  web: { ${WEB}, objectives: critical }
  api: { ${WEB}, objectives: { policy: critical, rto: 30s } }
  batch: { ${WEB}, objectives: [critical, durable] }
  docs: { ${WEB} }
stores:
  orders: { postgres: 17, objectives: durable }
objectives: { rto: 4h }
environments:
  production: {}
  test:
    objectives: none
  relaxed:
    policies: { critical: { rpo: 1h } }
`;

const objectivesOf = (name: string, environment = "production") => {
  const plan = planOf(text, environment);
  const element = [...plan.units, ...plan.stores].find((each) => each.name === name);
  if (!element) throw new Error(`no ${name}`);
  return element.objectives;
};

describe("a named policy", () => {
  it("is used by many, alone, with overrides, or with another policy", () => {
    expect(objectivesOf("web")).toMatchObject({ availability: 0.999, rto: 60_000, rpo: 0 });
    expect(objectivesOf("api")).toMatchObject({ availability: 0.999, rto: 30_000, rpo: 0, byFault: [] });
    expect(objectivesOf("batch")).toMatchObject({ rto: 60_000, rpo: 300_000, retention: 30 * 86_400_000 });
    expect(objectivesOf("orders")).toMatchObject({ rto: 4 * 3_600_000, rpo: 300_000 });
    expect(objectivesOf("docs")).toMatchObject({ availability: undefined, rto: 4 * 3_600_000, rpo: undefined });
  });

  it("is the origin of the promises that it makes, which count as those of the component", () => {
    const sheet = sheetOf(text, [], "production");
    expect(rowOf(sheet, "process-crash", "web").rto.promisedAt).toMatchObject({ kind: "file", line: 5 });
    expect(sheet.availability.map(({ subject }) => subject)).toEqual(expect.arrayContaining(["web", "api", "batch"]));
  });

  it("may be changed by an environment, for everything that uses it", () => {
    expect([objectivesOf("web", "relaxed").rpo, objectivesOf("api", "relaxed").rpo]).toEqual([3_600_000, 3_600_000]);
  });

  it.each([
    ["objectives: critical }\n  api", "objectives: critcal }\n  api"],
    ["policy: critical", "policy: critcal"],
    ["[critical, durable]", "[durable, critcal]"],
  ])("is suggested for a name that no policy has: %s", (good, bad) => {
    const parsed = readPlatform({ file: "platform.yaml", text: text.replace(good, bad) });
    expect(parsed.diagnostics[0]).toMatchObject({
      code: "spec/unknown-reference",
      message: "there is no policy `critcal` in production, relaxed",
      hint: "did you mean `critical`?",
    });
  });

  it("refers to no other policy", () => {
    const parsed = readPlatform({
      file: "platform.yaml",
      text: text.replace("durable: {", "durable: { policy: critical,"),
    });
    expect(parsed.diagnostics[0]).toMatchObject({ code: "spec/unknown-key" });
  });

  it("stays when an edit changes one objective of a component that uses it", () => {
    const edit = { path: "services.web.objectives.rto", value: "2m" };
    expect(applyEdits(text, [edit])).toContain(`web: { ${WEB}, objectives: { policy: critical, rto: 2m } }`);
    const many = { path: "services.batch.objectives.rto", value: "2m" };
    expect(applyEdits(text, [many])).toContain("objectives: { policy: [ critical, durable ], rto: 2m }");
  });
});

describe("`objectives: none`", () => {
  it("removes every objective of an environment, those of services and stores included", () => {
    const sheet = sheetOf(text, [], "test");
    expect(new Set(sheet.rows.map(({ verdict }) => verdict))).toEqual(new Set(["not-promised"]));
    expect([sheet.availability, sheet.latency]).toEqual([[], []]);
    expect(objectivesOf("web", "test").byFault).toEqual([]);
  });

  it("removes those of one component", () => {
    const one = text.replace(`docs: { ${WEB} }`, `docs: { ${WEB}, objectives: none }`);
    const { rows } = sheetOf(one, [], "production");
    expect(rows.find(({ subject }) => subject === "docs")?.verdict).toBe("not-promised");
    expect(rows.find(({ subject }) => subject === "web")?.rto.promised).toBe(60_000);
  });
});
