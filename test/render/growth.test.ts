import { expect, it } from "vitest";
import { targets } from "../../src/render/targets.js";
import { planOf } from "../support/check/findings.js";
import { counted } from "../support/plan/counted.js";

/** `count` services that call each other and one of the stores, a tenth as many. */
const platform = (count: number): string => `platform: shop
cloud: aws
zones: 3
provide: in-cluster
services:
${Array.from({ length: count }, (_, index) => `  s-${index}: { image: "x:1", port: 8080, replicas: 2, calls: [db-${index % (count / 10)}, s-${(index + 1) % count}, s-${(index * 7 + 3) % count}] }`).join("\n")}
stores:
${Array.from({ length: count / 10 }, (_, index) => `  db-${index}: { postgres: 17, backups: { full: daily keep 7d, log: 5m keep 7d } }`).join("\n")}
observe: { metrics: prometheus, discovery: pod-monitors }
`;

it.each(["kubernetes", "compose"] as const)(
  "the work of rendering for %s grows in proportion to the platform",
  (target) => {
    const [small = 0, large = 0] = [200, 400].map((count) => {
      const { plan, reads } = counted(planOf(platform(count)));
      targets[target].render(plan);
      return reads();
    });
    expect(small).toBeGreaterThan(200);
    // Quadratic work would read four times as many items.
    expect(large / small).toBeLessThan(2.2);
  },
);
