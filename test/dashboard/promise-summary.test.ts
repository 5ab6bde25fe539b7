import { describe, expect, it } from "vitest";
import { summary } from "../../dashboard/src/pages/promises/verdicts.js";
import { promiseSheet } from "../../src/contracts/promises.js";
import { sheetOf } from "../../src/runtime/dashboard/promises/compose.js";
import { planOf } from "../support/check/findings.js";

const summaryOf = (availability: string, cloud: string, latency = "none"): string =>
  summary(
    promiseSheet.parse(
      sheetOf(
        planOf(`
platform: shop
cloud: ${cloud}
provide: in-cluster
services: { web: { image: "nginx:1.27.0", port: 80, replicas: 1, load: { rate: 10/s, work: 20ms } } }
objectives: { availability: ${availability}, rto: 1h, except: [zone-loss, cluster-loss], latency: ${latency} }
observe: { metrics: prometheus }
`),
      )([]),
    ),
  );

describe("the summary of the sheet", () => {
  it("never reports all promises as kept while an availability is broken or unknown", () => {
    expect(summaryOf("90%", "linode")).toMatch(/^All \d promises are kept by prediction\. /);
    expect(summaryOf("99.999%", "linode")).toMatch(
      /web violates its availability: 99\.\d+% predicted, 99\.999% promised/,
    );
    expect(summaryOf("90%", "linode", "{ p95: 10ms }")).toMatch(
      /^web violates its latency: \d+ms predicted, p95 within 10ms promised\./,
    );
    expect(summaryOf("90%", "linode", "{ p95: 1s }")).toMatch(/^All \d promises are kept by prediction\. /);
    expect(summaryOf("90%", "none")).toMatch(/1 unknown: a promise that cannot be predicted is not kept/);
  });
});
