import { expect, it } from "vitest";
import { missingField } from "../../src/check/rules/upgrade/missing-field.js";
import { findingsIn } from "../support/check/findings.js";

/** Three replicas over three zones, in a version of Kubernetes. */
const messages = (version: string, spread: string) =>
  findingsIn(
    `platform: shop
cloud: aws
provide: in-cluster
zones: 3
cluster: { kubernetes: "${version}" }
services: { web: { image: shop/web:1.0.0, port: 80, replicas: 3, spread: { zones: ${spread} } } }
`,
    [missingField],
  ).map(({ message }) => message);

it("names the version of autoscalers, which the API server of an older version refuses", () => {
  const scaled = (version: string, replicas: string) =>
    findingsIn(
      `platform: shop
cloud: aws
cluster: { kubernetes: "${version}" }
services: { web: { image: shop/web:1.0.0, port: 80, replicas: ${replicas}, scale: { cpu: 70% } } }
`,
      [missingField],
    ).map(({ message }) => message);
  expect(scaled("1.22", "3..10").join()).toContain("HorizontalPodAutoscaler of autoscaling/v2 (since 1.23");
  expect(scaled("1.22", "3").join()).not.toContain("HorizontalPodAutoscaler");
  expect(scaled("1.23", "3..10").join()).not.toContain("HorizontalPodAutoscaler");
});

it("names the minimum of zones where a required spread relies on it, in the versions that ignore it", () => {
  expect(messages("1.26", "require").join()).toContain("minDomains of topologySpreadConstraints (since 1.27");
  expect(messages("1.26", "prefer").join()).not.toContain("minDomains");
  expect(messages("1.27", "require").join()).not.toContain("minDomains");
});
