import { describe, expect, it } from "vitest";
import { rowOf, sheetOf, totalOf } from "../support/promises/rows.js";

const outage = (paid: string, others = "") =>
  rowOf(
    sheetOf(`
platform: shop
cloud: aws
services: { web: { modules: [gateway], calls: [paid] } }
models:
  paid: { engine: openai, ${paid}, objectives: { rto: 5m } }
${others}
`),
    "provider-outage",
    "paid",
  ).rto;
const ONE = "upstreams: https://api.example.com";

describe("the outage of a model's provider", () => {
  it("is unbounded without a fallback", () => {
    expect(outage(ONE)).toMatchObject({ verdict: "broken", predicted: { kind: "unbounded" } });
  });

  it("lasts until requests time out, where another provider or the platform serves a fallback", () => {
    const other = "  other: { engine: openai, upstreams: https://api.example.org }";
    expect(totalOf(outage(`${ONE}, timeout: 20s, fallback: other`, other).predicted)).toBe(20_000);
    const own = "  own: { engine: llama.cpp, source: /models/a.gguf }";
    expect(totalOf(outage(`${ONE}, timeout: 20s, fallback: own`, own).predicted)).toBe(20_000);
    expect(outage(`${ONE}, fallback: own`, own).verdict).toBe("broken");
  });

  it("is shared by a fallback at the same host, and is not bridged by the simulator", () => {
    const other = "  other: { engine: openai, upstreams: https://api.example.com/other }";
    expect(outage(`${ONE}, fallback: other`, other).predicted.kind).toBe("unbounded");
    expect(outage(`${ONE}, fallback: simulated`).predicted.kind).toBe("unbounded");
  });

  it("leaves the servers at other hosts, after a timeout at each server of the failed one", () => {
    const servers =
      "[{ url: https://a.example.com }, { url: https://a.example.com/two }, { url: https://b.example.com }]";
    expect(totalOf(outage(`upstreams: ${servers}, timeout: 20s`).predicted)).toBe(40_000);
  });

  it("does not concern models that the platform serves", () => {
    const { rows } = sheetOf("platform: shop\nmodels: { own: { engine: llama.cpp, source: /models/a.gguf } }\n");
    expect(rows.map(({ fault }) => fault)).not.toContain("provider-outage");
  });

  it("is bounded by what the provider promises, if the file declares it", () => {
    const declared = (others: string) => outage(ONE, `outside: { api.example.com: { rto: 4m } }\n${others}`);
    expect(declared("")).toMatchObject({ verdict: "kept", predicted: { total: 240_000 } });
    expect(outage(ONE, "outside: { api.example.com: { availability: 99.9% } }").predicted.kind).toBe("unbounded");
  });
});

describe("the outage of a host that a component calls", () => {
  const called = (outside: string) =>
    rowOf(
      sheetOf(`
platform: shop
cloud: aws
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, calls: ["https://pay.example.com", "db.example.net:5432"] } }
${outside}
objectives: { rto: 2h }
`),
      "provider-outage",
      "web",
    ).rto;

  it("is unknown unless the file declares the longest outage of each", () => {
    expect(called("").verdict).toBe("unknown");
    expect(called("outside: { pay.example.com: { rto: 1h } }").predicted).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("db.example.net"),
    });
  });

  it("is the longest of them", () => {
    const both = called("outside: { pay.example.com: { rto: 1h }, db.example.net: { rto: 3h } }");
    expect([totalOf(both.predicted), both.verdict]).toEqual([3 * 3_600_000, "broken"]);
  });
});
