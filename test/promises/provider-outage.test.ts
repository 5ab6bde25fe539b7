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
});
