import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RENEWAL_DAYS } from "../../src/plan/entrances/lifetimes.js";
import { alertExpression } from "../../src/promises/alert-condition.js";
import { kubernetes } from "../../src/render/kubernetes/index.js";
import { planOf } from "../support/check/findings.js";
import { rowOf, sheetOf, totalOf } from "../support/promises/rows.js";
import { runs } from "../support/property-runs.js";

const file = (tls: string, alerts = "", metrics = "prometheus") => `
platform: shop
cloud: aws
services: { web: { image: registry.example.com/web:1.0.0, port: 8080, replicas: 3, expose: / } }
entrance: { host: shop.example.com, tls: ${tls} }
objectives: { rto: 4h }
observe: { metrics: ${metrics}, routes: { critical: pagerduty }${alerts} }
`;
const expiry = (...args: Parameters<typeof file>) => rowOf(sheetOf(file(...args)), "certificate-expiry", "entrance");
const HOUR = 3_600_000;
const certificate = (lead: string) => `, alerts: { certificate: ${lead} }`;

describe("a certificate that is not renewed", () => {
  it("is no outage if its alert leaves a person the time to replace it", () => {
    const { rto, rpo, verdict } = expiry("letsencrypt");
    expect([totalOf(rto.predicted), totalOf(rpo.predicted), verdict]).toEqual([0, 0, "kept"]);
  });

  it("is reported by default only once its renewal has been tried, also with the shortest announced lifetime", () => {
    const { certificate: notice } = planOf(`${file("letsencrypt")}data: real\n`).observe.alerts;
    expect(notice).toBeLessThan(RENEWAL_DAYS * 24 * HOUR);
  });

  it("is an outage of what the replacement takes beyond the notice", () => {
    // 2 m 30 s for the alert, 30 m for the response to a warning, 4 h for the reason, 34 h for the authority's limit.
    const replaced = 150_000 + 30 * 60_000 + 4 * HOUR + 34 * HOUR;
    const { rto } = expiry("letsencrypt", certificate("24h"));
    expect(totalOf(rto.predicted)).toBe(replaced - 24 * HOUR);
    expect(rto.verdict).toBe("broken");
  });

  it.each(["none", "acm"])(
    "is unknown if it is provided by hand (%s), until an alert on its expiry is declared",
    (issuer) => {
      expect(expiry(issuer).rto.verdict).toBe("unknown");
      expect(expiry(issuer, certificate("7d")).rto.verdict).toBe("kept");
      expect(expiry(issuer, certificate("12h")).rto.verdict).toBe("broken");
    },
  );

  it("is unknown where no metrics are stored", () => {
    expect(expiry("letsencrypt", "", "none").rto.verdict).toBe("unknown");
  });

  it("has no row without TLS, without a host, or on one machine", () => {
    const faultsOf = (text: string) => sheetOf(text).rows.map(({ fault }) => fault);
    expect(faultsOf(file("false"))).not.toContain("certificate-expiry");
    expect(faultsOf(file("letsencrypt").replace("host: shop.example.com, ", ""))).not.toContain("certificate-expiry");
    expect(faultsOf("platform: shop\nservices: { web: { modules: [gateway], expose: true } }\n")).not.toContain(
      "certificate-expiry",
    );
  });

  it("is reported by the metric of cert-manager, or by a probe of the address from outside", () => {
    const expression = (...args: Parameters<typeof file>) => {
      const { condition } = expiry(...args).alert;
      return condition.kind === "unmeasured" ? condition.why : alertExpression(condition);
    };
    expect(expression("letsencrypt")).toBe(
      '(min(certmanager_certificate_expiration_timestamp_seconds{name="web-tls"}) - time() or vector(0)) < 1209600',
    );
    expect(expression("none", certificate("7d"))).toContain("min(probe_ssl_earliest_cert_expiry{instance=~");
    expect(expression("none")).toContain("the file declares no alert on its expiry");
  });

  it("never lasts longer with more notice", () => {
    const hours = fc.integer({ min: 1, max: 400 });
    fc.assert(
      fc.property(fc.constantFrom("letsencrypt", "none"), hours, hours, (issuer, a, b) => {
        const time = (lead: number) => totalOf(expiry(issuer, certificate(`${lead}h`)).rto.predicted);
        expect(time(Math.max(a, b))).toBeLessThanOrEqual(time(Math.min(a, b)));
      }),
      { numRuns: runs(50) },
    );
  });
});

describe("the certificate of an entrance", () => {
  it("is requested from no issuer if it is provided by hand", () => {
    const rendered = (issuer: string) => JSON.stringify(kubernetes.render(planOf(file(issuer))).files);
    expect(rendered("letsencrypt")).toContain("cert-manager.io/cluster-issuer");
    expect(rendered("none")).not.toContain("cert-manager.io/cluster-issuer");
    expect(rendered("none")).toContain("web-tls");
  });
});
