import { describe, expect, it } from "vitest";
import { check } from "../../src/check/check.js";
import { planOf } from "../support/check/findings.js";
import { counted } from "../support/plan/counted.js";

function readsOf(text: string): number {
  const { plan, reads } = counted(planOf(text));
  check([plan]);
  return reads();
}

const list = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => `  ${line(index)}`).join("\n");

/** `count` stores, most of which break a promise, in `zones` zones. */
const stores = (count: number, zones: number): string => `platform: shop
cloud: aws
zones: ${zones}
provide: in-cluster
stores:
${list(count, (index) => (index % 3 === 0 ? `s-${index}: { redis: 7 }` : `s-${index}: { postgres: 17${index % 3 === 1 ? "" : ", backups: { full: daily keep 7d }"} }`))}
objectives: { rto: 30m, rpo: 1h, availability: 99.9% }
observe: { metrics: prometheus }
`;

/** `count` services that call three others and a store, and run modules. */
const services = (count: number, provide: string): string => `platform: shop
cloud: aws
zones: 3
provide: ${provide}
services:
${list(count, (index) => `u-${index}: { modules: [usage], port: 8080, replicas: ${1 + (index % 2)}, calls: [db-${index % 20}, u-${(index + 1) % count}, u-${(index * 7 + 3) % count}] }`)}
stores:
${list(20, (index) => `db-${index}: { postgres: 17, backups: { full: daily keep 7d, log: 5m keep 7d } }`)}
objectives: { rto: 1m }
observe: { metrics: prometheus }
`;

describe("the work of a check", () => {
  it.each([
    ["stores in one zone", (count: number) => stores(count, 1)],
    ["stores in three zones", (count: number) => stores(count, 3)],
    ["services in a cluster", (count: number) => services(count, "in-cluster")],
    ["services on one machine", (count: number) => services(count, "embedded")],
  ])("grows in proportion to the number of %s", (_name, text) => {
    // Quadratic work would read four times as many items.
    expect(readsOf(text(400)) / readsOf(text(200))).toBeLessThan(2.2);
  });
});
