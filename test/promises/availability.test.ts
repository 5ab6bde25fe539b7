import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import { readPlatform } from "../../src/platform-file/platform.js";
import type { PredictedAvailability } from "../../src/promises/availability.js";
import { sheetText } from "../../src/promises/sheet-text.js";
import { planOf } from "../support/check/findings.js";
import { sheetOf } from "../support/promises/rows.js";

/** Two units and a database without an entrance, in a cluster over three zones of a cloud. */
const inside = (objectives: string, more: { web?: string; db?: string; cloud?: string } = {}): string => `
platform: shop
${more.cloud ?? "cloud: aws"}
zones: 3
provide: in-cluster
services:
  web: { image: "nginx:1.27.0", replicas: 1, calls: [jobs, db]${more.web ?? ""} }
  jobs: { image: "nginx:1.27.0", replicas: 1, port: 8080 }
stores:
  db: { postgres: 17, replicas: 1, backups: { full: daily keep 7d, log: 5m keep 7d }${more.db ?? ""} }
${objectives === "" ? "" : `objectives: { ${objectives} }`}
observe: { metrics: prometheus, alerts: { availability: true } }
`;

const evaluated = (text: string): readonly Pick<PredictedAvailability, "subject" | "verdict">[] =>
  sheetOf(text).availability.map(({ subject, verdict }) => ({ subject, verdict }));
const findings = (text: string) => check([planOf(text)]).filter(({ code }) => code === "availability/objective");

describe("an availability objective", () => {
  it("of the platform applies to the roots of the call graph without an entrance", () => {
    const text = inside("availability: 99.99%");
    expect(evaluated(text)).toEqual([{ subject: "web", verdict: "broken" }]);
    const [web] = sheetOf(text).availability;
    expect(web?.predicted).toMatchObject({ kind: "known", value: expect.closeTo(0.9999 * 0.995 ** 3, 9) });
    expect(findings(text).map(({ severity }) => severity)).toEqual(["error"]);
  });

  it("of the platform applies to the entry points only, if there are any", () => {
    expect(evaluated(inside("availability: 90%", { web: ", expose: true" }))).toEqual([
      { subject: "web", verdict: "kept" },
    ]);
  });

  it("of the platform applies to the first of units that call each other in a cycle", () => {
    const cycle = inside("availability: 90%")
      .replace("port: 8080", "port: 8080, calls: [web]")
      .replace("calls: [jobs", "port: 80, calls: [jobs");
    expect(evaluated(cycle)).toEqual([{ subject: "web", verdict: "kept" }]);
  });

  it("of a platform of stores applies to each of them", () => {
    const text =
      "platform: shop\ncloud: aws\nzones: 3\nprovide: in-cluster\nstores:\n  db: { postgres: 17, replicas: 1 }\n  files: { bucket: true }\nobjectives: { availability: 99.9% }\n";
    expect(evaluated(text)).toEqual([
      { subject: "db", verdict: "broken" },
      { subject: "files", verdict: "broken" },
    ]);
  });

  it("does not apply to a bucket that only receives backups", () => {
    const text =
      "platform: shop\ncloud: aws\nzones: 3\nprovide: in-cluster\nstores:\n  db: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, to: away } }\n  away: { bucket: true, provide: managed }\nobjectives: { availability: 99% }\n";
    expect(evaluated(text)).toEqual([{ subject: "db", verdict: "kept" }]);
  });

  it("of an element applies to the element, exposed or not", () => {
    const own = ", objectives: { availability: 99.9999% }";
    expect(evaluated(inside("", { db: own }))).toEqual([{ subject: "db", verdict: "broken" }]);
    expect(evaluated(inside("availability: 90%", { web: ", expose: true", db: own }))).toEqual([
      { subject: "web", verdict: "kept" },
      { subject: "db", verdict: "broken" },
    ]);
    const [finding] = findings(inside("", { db: own }));
    expect(finding?.message).toMatch(/a request to db succeeds 99\.49\d*% of the time .* but 99\.9999% is promised/);
  });

  it("includes the redundancy of a store, and not the bucket of its backups", () => {
    const [predicted] = sheetOf(`
platform: shop
cloud: aws
zones: 3
provide: in-cluster
stores:
  db: { postgres: 17, standby: another-zone, backups: { full: daily keep 7d, to: away }, objectives: { availability: 99.9% } }
  away: { bucket: true }
`).availability;
    expect(predicted).toMatchObject({ subject: "db", verdict: "kept" });
    expect(predicted?.predicted.kind === "known" && predicted.predicted.parts.map(({ name }) => name)).toEqual([
      "site",
      "db",
    ]);
  });

  it("counts replicas spread over zones as one machine per zone", () => {
    const spread = (over: string) =>
      sheetOf(
        `platform: shop\ncloud: aws\nzones: 2\nservices: { web: { image: "nginx:1.27.0", replicas: 4, spread: ${over} } }\nobjectives: { availability: 90% }\n`,
      ).availability[0]?.predicted;
    expect(spread("zones")).toMatchObject({ value: expect.closeTo(0.9999 * (1 - 0.005 ** 2), 12) });
    expect(spread("nodes")).toMatchObject({ value: expect.closeTo(0.9999 * (1 - 0.005 ** 4), 12) });
    expect(spread("none")).toMatchObject({ value: expect.closeTo(0.9999 * 0.995, 12) });
  });

  it("includes the buckets that are called", () => {
    const text = inside("availability: 99%", { db: " }\n  files: { bucket: true, provide: managed" }).replace(
      "[jobs, db]",
      "[files]",
    );
    const [web] = sheetOf(text).availability.filter(({ subject }) => subject === "web");
    expect(web?.predicted).toMatchObject({ kind: "known", value: expect.closeTo(0.9999 * 0.995 * 0.999, 9) });
  });

  it("is unknown, and not kept, without an SLA for the machines or for a host outside the platform", () => {
    const text = inside("availability: 99.9%", { cloud: "cloud: none" });
    expect(evaluated(text)).toEqual([{ subject: "web", verdict: "unknown" }]);
    expect(sheetText(sheetOf(text))).toMatch(/web {2}99\.9% promised {2}unknown predicted \?/);
    expect(findings(text).map(({ message }) => message)).toEqual([
      expect.stringContaining("web promises 99.9%, which cannot be predicted: no provider SLA for these machines"),
    ]);
    const outside =
      "platform: shop\ncloud: aws\nmodels:\n  paid: { engine: openai, upstreams: https://api.example.com, objectives: { availability: 99% } }\n";
    expect(evaluated(outside)).toEqual([{ subject: "paid", verdict: "unknown" }]);
  });
});

describe("hosts outside the platform", () => {
  const gateway = (settings: string, models: string): string => `
platform: shop
cloud: aws
zones: 3
data: real
services: { web: { modules: [gateway], replicas: 2, spread: { nodes: require }, calls: [paid${settings}] } }
models:
${models}
objectives: { availability: 99% }
`;
  const PAID = "  paid: { engine: openai, upstreams: https://api.example.com/v1 }";
  const predicted = (text: string) => sheetOf(text).availability[0]?.predicted;
  const SITE_AND_WEB = 0.9999 * (1 - 0.005 ** 2);

  it("are needed by what calls them, and unknown without a figure", () => {
    expect(predicted(gateway("", PAID))).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("api.example.com"),
    });
    const called = gateway(
      ', "https://pay.example.com"',
      `${PAID}\noutside: { api.example.com: { availability: 99.9% } }`,
    );
    expect(predicted(called)).toMatchObject({ kind: "unknown", why: expect.stringContaining("pay.example.com") });
  });

  it("count with the figure that the file declares, in series", () => {
    const figures = "outside: { api.example.com: { availability: 99.9% }, pay.example.com: { availability: 99.5% } }";
    expect(predicted(gateway(', "https://pay.example.com"', `${PAID}\n${figures}`))).toMatchObject({
      kind: "known",
      value: expect.closeTo(SITE_AND_WEB * 0.999 * 0.995, 9),
    });
  });

  it("count in parallel with a fallback of the platform, also without a figure", () => {
    const models = (outside: string) =>
      `  paid: { engine: openai, upstreams: https://api.example.com/v1, fallback: own }\n  own: { engine: llama.cpp, source: /models/a.gguf, replicas: 1 }\n${outside}`;
    expect(predicted(gateway("", models("")))).toMatchObject({ value: expect.closeTo(SITE_AND_WEB * 0.995, 9) });
    const declared = "outside: { api.example.com: { availability: 99.9% } }";
    expect(predicted(gateway("", models(declared)))).toMatchObject({
      value: expect.closeTo(SITE_AND_WEB * (1 - 0.005 * 0.001), 9),
    });
  });

  it("do not hide that a fallback is called by itself, too", () => {
    const text = gateway(
      ", own",
      "  paid: { engine: llama.cpp, source: /models/b.gguf, fallback: own }\n  own: { engine: llama.cpp, source: /models/a.gguf }",
    );
    const parts = predicted(text);
    expect(parts?.kind === "known" && parts.parts.map(({ name }) => name)).toEqual([
      "site",
      "web",
      "paid or own",
      "own",
    ]);
  });

  it("are reported if nothing calls them, with the nearest that is", () => {
    const parsed = readPlatform({
      file: "platform.yaml",
      text: gateway("", `${PAID}\noutside: { api.exampel.com: { availability: 99% } }`),
    });
    expect(parsed.diagnostics).toMatchObject([
      { code: "spec/unknown-reference", severity: "warning", hint: "did you mean `api.example.com`?" },
    ]);
  });
});
